-- What dashboards show, summed up from the record: spans of five minutes, of an hour when they are older than two days. A PIN is
-- counted in the span it was accepted in, where its last message belongs; each of its messages counts where it belongs itself.
-- The ids of zeros and the empty country stand for what is not known. No references, so that figures outlive what they count.
CREATE TABLE traffic (
    tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    starts_at timestamptz NOT NULL,
    minutes smallint NOT NULL CHECK (minutes IN (5, 60)),
    application_id uuid NOT NULL,
    channel text NOT NULL,
    region text COLLATE "C" NOT NULL,
    connection_id uuid NOT NULL,
    is_sandbox boolean NOT NULL,
    pins bigint NOT NULL,
    pins_sent bigint NOT NULL,
    pins_delivered bigint NOT NULL,
    pins_verified bigint NOT NULL,
    pins_failed bigint NOT NULL,
    pins_expired bigint NOT NULL,
    pins_exhausted bigint NOT NULL,
    pins_canceled bigint NOT NULL,
    wrong_guesses bigint NOT NULL,
    messages bigint NOT NULL,
    messages_sent bigint NOT NULL,
    messages_failed bigint NOT NULL,
    messages_delivered bigint NOT NULL,
    -- Provider's answers within so many milliseconds, and not within the one before.
    handed_over_100 bigint NOT NULL,
    handed_over_300 bigint NOT NULL,
    handed_over_1000 bigint NOT NULL,
    handed_over_3000 bigint NOT NULL,
    handed_over_10000 bigint NOT NULL,
    handed_over_later bigint NOT NULL,
    -- Right guesses within so many seconds of the PIN's acceptance.
    verified_10 bigint NOT NULL,
    verified_30 bigint NOT NULL,
    verified_60 bigint NOT NULL,
    verified_120 bigint NOT NULL,
    verified_300 bigint NOT NULL,
    verified_later bigint NOT NULL,
    PRIMARY KEY (tenant_id, starts_at, minutes, application_id, channel, region, connection_id, is_sandbox)
);
ALTER TABLE traffic ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON traffic
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON traffic TO CURRENT_USER USING (true) WITH CHECK (true);
-- Written by roll_up_traffic() only.
GRANT SELECT ON traffic TO pinfold_app;

-- When the sums were last brought up to date, and up to where they are whole.
CREATE TABLE traffic_state (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    rolled_up_at timestamptz,
    whole_until timestamptz
);
INSERT INTO traffic_state DEFAULT VALUES;
GRANT SELECT ON traffic_state TO pinfold_app;

-- Sums up the PINs accepted in the hours from one time to another, anew from the record: it may be repeated. Hours are whole, so
-- that spans joined before are replaced. False when somebody else is just doing so.
CREATE FUNCTION roll_up_traffic(from_at timestamptz, to_at timestamptz) RETURNS boolean
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
REVOKE ALL ON FUNCTION roll_up_traffic(timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION roll_up_traffic(timestamptz, timestamptz) TO pinfold_app;

-- From when on the record is not summed up yet: where it is whole, else the oldest PIN.
CREATE FUNCTION traffic_gap() RETURNS timestamptz
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    BEGIN ATOMIC
        SELECT coalesce(
            (SELECT whole_until FROM traffic_state),
            (SELECT min(oldest.created_at) FROM tenants AS t CROSS JOIN LATERAL (
                SELECT v.created_at FROM verifications AS v WHERE v.tenant_id = t.id ORDER BY v.created_at LIMIT 1) AS oldest),
            now());
    END;
REVOKE ALL ON FUNCTION traffic_gap() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION traffic_gap() TO pinfold_app;

-- Joins spans of five minutes into hours where the hour began before `before`, and forgets what began before `keep_from`. Returns
-- how many rows went.
CREATE FUNCTION condense_traffic(before timestamptz, keep_from timestamptz) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    BEGIN ATOMIC
        WITH fine AS (
            DELETE FROM traffic USING tenants AS t
            WHERE traffic.tenant_id = t.id AND starts_at < date_trunc('hour', before, 'UTC') AND minutes = 5
            RETURNING traffic.*
        ), old AS (
            DELETE FROM traffic USING tenants AS t WHERE traffic.tenant_id = t.id AND starts_at < keep_from AND minutes = 60 RETURNING 1
        ), coarse AS (
            INSERT INTO traffic
            SELECT
                tenant_id, date_trunc('hour', starts_at, 'UTC'), 60, application_id, channel, region, connection_id, is_sandbox,
                sum(pins), sum(pins_sent), sum(pins_delivered), sum(pins_verified), sum(pins_failed), sum(pins_expired),
                sum(pins_exhausted), sum(pins_canceled), sum(wrong_guesses), sum(messages), sum(messages_sent),
                sum(messages_failed), sum(messages_delivered), sum(handed_over_100), sum(handed_over_300),
                sum(handed_over_1000), sum(handed_over_3000), sum(handed_over_10000), sum(handed_over_later), sum(verified_10),
                sum(verified_30), sum(verified_60), sum(verified_120), sum(verified_300), sum(verified_later)
            FROM fine
            WHERE starts_at >= keep_from
            GROUP BY 1, 2, 4, 5, 6, 7, 8
            RETURNING 1
        )
        SELECT (SELECT count(*) FROM fine) + (SELECT count(*) FROM old);
    END;
REVOKE ALL ON FUNCTION condense_traffic(timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION condense_traffic(timestamptz, timestamptz) TO pinfold_app;
