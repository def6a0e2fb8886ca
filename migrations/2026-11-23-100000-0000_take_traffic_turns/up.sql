-- When the figures of dashboards are due. Processes take turns, and one that starts does not begin anew.
ALTER TABLE traffic_state
    ADD COLUMN due_at timestamptz NOT NULL DEFAULT '-infinity',
    ADD COLUMN late_due_at timestamptz NOT NULL DEFAULT '-infinity';

-- Takes a turn for so long, if one is due: true when what late receipts change is due as well. Null when none is due, or somebody
-- has it.
CREATE FUNCTION take_traffic_turn(lease_ms bigint) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    BEGIN ATOMIC
        UPDATE traffic_state SET due_at = now() + make_interval(secs => lease_ms / 1000.0)
        WHERE due_at <= now()
        RETURNING late_due_at <= now();
    END;
REVOKE ALL ON FUNCTION take_traffic_turn(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_traffic_turn(bigint) TO pinfold_app;

-- Says when the next turn is due, and when late receipts are due; null leaves that as it is. Who has the turn keeps it so, or ends it.
CREATE FUNCTION schedule_traffic_turn(pause_ms bigint, late_pause_ms bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    BEGIN ATOMIC
        UPDATE traffic_state SET
            due_at = now() + make_interval(secs => pause_ms / 1000.0),
            late_due_at = coalesce(now() + make_interval(secs => late_pause_ms / 1000.0), late_due_at);
    END;
REVOKE ALL ON FUNCTION schedule_traffic_turn(bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION schedule_traffic_turn(bigint, bigint) TO pinfold_app;

-- Sums up the PINs accepted in the spans from one time to another, anew from the record: it may be repeated. Spans are whole, and so
-- are hours whose spans were joined. False when somebody else is just doing so.
CREATE OR REPLACE FUNCTION roll_up_traffic(from_at timestamptz, to_at timestamptz) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    first timestamptz := date_bin('5 minutes', from_at, 'epoch');
    last timestamptz := date_bin('5 minutes', to_at + interval '5 minutes' - interval '1 microsecond', 'epoch');
    first_hour timestamptz := date_trunc('hour', first, 'UTC');
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('roll_up_traffic')) THEN
        RETURN false;
    END IF;

    IF EXISTS (
        SELECT FROM tenants AS t JOIN traffic ON traffic.tenant_id = t.id
        WHERE starts_at >= first_hour AND starts_at < last AND minutes = 60
    ) THEN
        first := first_hour;
        last := date_trunc('hour', last + interval '1 hour' - interval '1 microsecond', 'UTC');
    END IF;

    DELETE FROM traffic USING tenants AS t
    WHERE traffic.tenant_id = t.id AND starts_at >= first AND starts_at < last;

    WITH message AS (
        SELECT
            v.tenant_id, v.pin_id, v.created_at, v.expires_at, v.sent_at, v.verified_at, v.status, v.wrong_guesses,
            coalesce(v.application_id, '00000000-0000-0000-0000-000000000000') AS application_id,
            coalesce(d.channel, v.channel) AS channel,
            coalesce(d.connection_id, '00000000-0000-0000-0000-000000000000') AS connection_id,
            d.status AS message_status, d.delivery, e.detail,
            coalesce(receipt_outcome(r.state) = 'delivered', false) AS is_delivered,
            row_number() OVER (PARTITION BY v.tenant_id, v.pin_id, v.created_at ORDER BY d.delivery DESC) = 1 AS is_last
        FROM tenants AS t
        JOIN verifications AS v ON v.tenant_id = t.id AND v.created_at >= first AND v.created_at < last
        LEFT JOIN deliveries AS d ON d.tenant_id = v.tenant_id AND d.pin_id = v.pin_id AND d.created_at = v.created_at
        LEFT JOIN events AS e
            ON e.tenant_id = d.tenant_id AND e.id = d.decisive_event AND e.happened_at = d.decisive_at
        LEFT JOIN receipts AS r
            ON r.tenant_id = d.tenant_id AND r.connection_id = d.connection_id AND r.provider_id = d.provider_id
    ), pin AS (
        SELECT
            *, (detail ->> 'latency_ms')::double precision AS latency_ms,
            extract(epoch FROM verified_at - created_at) AS verified_after,
            bool_or(is_delivered) OVER (PARTITION BY tenant_id, pin_id, created_at) AS is_pin_delivered
        FROM message
    )
    INSERT INTO traffic
    SELECT
        tenant_id, date_bin('5 minutes', created_at, 'epoch'), 5, application_id, channel,
        coalesce(detail ->> 'region', ''), connection_id, coalesce(detail ? 'sandbox', false),
        count(*) FILTER (WHERE is_last),
        count(*) FILTER (WHERE is_last AND sent_at IS NOT NULL),
        count(*) FILTER (WHERE is_last AND is_pin_delivered),
        count(*) FILTER (WHERE is_last AND verified_at IS NOT NULL),
        count(*) FILTER (WHERE is_last AND status = 'failed'),
        count(*) FILTER (WHERE is_last AND (status = 'expired' OR status IN ('waiting', 'sent') AND expires_at <= now())),
        count(*) FILTER (WHERE is_last AND status = 'exhausted'),
        count(*) FILTER (WHERE is_last AND status = 'canceled'),
        coalesce(sum(wrong_guesses) FILTER (WHERE is_last), 0),
        count(delivery),
        count(*) FILTER (WHERE message_status = 'sent'),
        count(*) FILTER (WHERE message_status = 'failed'),
        count(*) FILTER (WHERE is_delivered),
        count(*) FILTER (WHERE latency_ms <= 100),
        count(*) FILTER (WHERE latency_ms > 100 AND latency_ms <= 300),
        count(*) FILTER (WHERE latency_ms > 300 AND latency_ms <= 1000),
        count(*) FILTER (WHERE latency_ms > 1000 AND latency_ms <= 3000),
        count(*) FILTER (WHERE latency_ms > 3000 AND latency_ms <= 10000),
        count(*) FILTER (WHERE latency_ms > 10000),
        count(*) FILTER (WHERE is_last AND verified_after <= 10),
        count(*) FILTER (WHERE is_last AND verified_after > 10 AND verified_after <= 30),
        count(*) FILTER (WHERE is_last AND verified_after > 30 AND verified_after <= 60),
        count(*) FILTER (WHERE is_last AND verified_after > 60 AND verified_after <= 120),
        count(*) FILTER (WHERE is_last AND verified_after > 120 AND verified_after <= 300),
        count(*) FILTER (WHERE is_last AND verified_after > 300)
    FROM pin
    GROUP BY 1, 2, 4, 5, 6, 7, 8;

    UPDATE traffic_state SET
        rolled_up_at = now(),
        whole_until = CASE
            WHEN first <= traffic_gap() THEN greatest(whole_until, least(last, now()))
            ELSE whole_until
        END;
    RETURN true;
END
$$;
