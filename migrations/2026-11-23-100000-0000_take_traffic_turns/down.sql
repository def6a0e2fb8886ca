DROP FUNCTION take_traffic_turn(bigint);
DROP FUNCTION schedule_traffic_turn(bigint, bigint);
ALTER TABLE traffic_state DROP COLUMN due_at, DROP COLUMN late_due_at;

-- The function as it was before.
CREATE OR REPLACE FUNCTION roll_up_traffic(from_at timestamptz, to_at timestamptz) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    first timestamptz := date_trunc('hour', from_at, 'UTC');
    last timestamptz := date_trunc('hour', to_at + interval '1 hour' - interval '1 microsecond', 'UTC');
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('roll_up_traffic')) THEN
        RETURN false;
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
            WHEN first <= coalesce(whole_until, first) THEN greatest(whole_until, least(last, now()))
            ELSE whole_until
        END;
    RETURN true;
END
$$;
