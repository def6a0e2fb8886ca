-- What tenants and their applications may send in a day and in a month of UTC; no row, no cap. The row without an application
-- is the tenant's own.
CREATE TABLE caps (
    tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    application_id uuid,
    daily_messages integer CHECK (daily_messages >= 0),
    monthly_messages integer CHECK (monthly_messages >= 0),
    daily_micros bigint CHECK (daily_micros >= 0),
    monthly_micros bigint CHECK (monthly_micros >= 0),
    currency text COLLATE "C" CHECK (currency ~ '^[A-Z]{3}$'),
    UNIQUE NULLS NOT DISTINCT (tenant_id, application_id),
    FOREIGN KEY (tenant_id, application_id) REFERENCES applications (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT caps_currency CHECK ((coalesce(daily_micros, monthly_micros) IS NULL) = (currency IS NULL))
);
ALTER TABLE caps ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON caps
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON caps TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON caps TO pinfold_app;
CREATE TRIGGER bump_config_version AFTER INSERT OR UPDATE OR DELETE ON caps
    FOR EACH ROW EXECUTE FUNCTION bump_config_version('tenant_id');

-- What was sent on a day of UTC, summed up as it is recorded. Messages are in the row without a currency, money in those of its
-- currency. What belongs to no application any more is under the id of zeros; no reference, so that it outlives applications.
CREATE TABLE usage_days (
    tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    day date NOT NULL,
    application_id uuid NOT NULL,
    currency text COLLATE "C" NOT NULL,
    messages bigint NOT NULL,
    micros bigint NOT NULL,
    PRIMARY KEY (tenant_id, day, application_id, currency)
);
ALTER TABLE usage_days ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON usage_days
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON usage_days TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT ON usage_days TO pinfold_app;

-- What was said of caps: each level once in its period, and again when the cap is another one. A new row makes every process
-- read what is recorded again, so that sends stop, and tells the tenant.
CREATE TABLE cap_alerts (
    tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    application_id uuid,
    period text NOT NULL CHECK (period IN ('day', 'month')),
    starts_on date NOT NULL,
    counted text NOT NULL CHECK (counted IN ('messages', 'money')),
    percent smallint NOT NULL CHECK (percent IN (80, 100)),
    most bigint NOT NULL,
    used bigint NOT NULL,
    currency text COLLATE "C",
    raised_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE NULLS NOT DISTINCT (tenant_id, application_id, period, starts_on, counted, percent, most),
    FOREIGN KEY (tenant_id, application_id) REFERENCES applications (tenant_id, id) ON DELETE CASCADE
);
ALTER TABLE cap_alerts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON cap_alerts
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON cap_alerts TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT ON cap_alerts TO pinfold_app;
CREATE TRIGGER bump_config_version AFTER INSERT ON cap_alerts
    FOR EACH ROW EXECUTE FUNCTION bump_config_version('tenant_id');

-- Queues `alert.raised` for the tenant's endpoints that want it, as far as its backlog has room, in the transaction that noticed.
CREATE FUNCTION queue_cap_alert() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    room integer;
BEGIN
    PERFORM FROM webhook_endpoints
    WHERE tenant_id = NEW.tenant_id AND is_enabled AND 'alert.raised' = ANY (event_types)
    ORDER BY id
    FOR KEY SHARE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT greatest(most - waiting, 0) INTO room FROM webhook_backlogs WHERE tenant_id = NEW.tenant_id FOR UPDATE;
    INSERT INTO webhook_messages (tenant_id, endpoint_id, type, happened_at, data)
    SELECT NEW.tenant_id, w.id, 'alert.raised', NEW.raised_at, jsonb_strip_nulls(jsonb_build_object(
        'alert', CASE NEW.period WHEN 'day' THEN 'daily_cap' ELSE 'monthly_cap' END, 'counted', NEW.counted,
        'percent', NEW.percent, 'cap', NEW.most, 'used', NEW.used, 'currency', NEW.currency, 'startsOn', NEW.starts_on,
        'applicationId', public_id(NEW.application_id)))
    FROM webhook_endpoints AS w
    WHERE w.tenant_id = NEW.tenant_id AND w.is_enabled AND 'alert.raised' = ANY (w.event_types)
    ORDER BY w.id
    LIMIT room;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION queue_cap_alert() FROM PUBLIC;
CREATE TRIGGER queue_cap_alert AFTER INSERT ON cap_alerts FOR EACH ROW EXECUTE FUNCTION queue_cap_alert();

-- The caps of tenants, and what is recorded of today and of this month under each, with the caller's rights.
CREATE FUNCTION cap_states(owners uuid[]) RETURNS TABLE (
        tenant_id uuid, application_id uuid, daily_messages integer, monthly_messages integer, daily_micros bigint,
        monthly_micros bigint, currency text, day date, day_messages bigint, month_messages bigint, day_micros bigint,
        month_micros bigint
    )
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT
            c.tenant_id, c.application_id, c.daily_messages, c.monthly_messages, c.daily_micros, c.monthly_micros, c.currency,
            today.day, used.day_messages, used.month_messages, used.day_micros, used.month_micros
        FROM caps AS c
        CROSS JOIN (SELECT (now() AT TIME ZONE 'UTC')::date AS day) AS today
        CROSS JOIN LATERAL (
            SELECT
                coalesce(sum(u.messages) FILTER (WHERE u.day = today.day), 0)::bigint AS day_messages,
                coalesce(sum(u.messages), 0)::bigint AS month_messages,
                coalesce(sum(u.micros) FILTER (WHERE u.day = today.day AND u.currency = c.currency), 0)::bigint AS day_micros,
                coalesce(sum(u.micros) FILTER (WHERE u.currency = c.currency), 0)::bigint AS month_micros
            FROM usage_days AS u
            WHERE u.tenant_id = c.tenant_id AND u.day BETWEEN date_trunc('month', today.day::timestamp)::date AND today.day
              AND (c.application_id IS NULL OR u.application_id = c.application_id)
        ) AS used
        WHERE c.tenant_id = ANY (owners);
    END;
REVOKE ALL ON FUNCTION cap_states(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cap_states(uuid[]) TO pinfold_app;

-- Notes which caps are used by 80 and by 100 of 100, each once.
CREATE FUNCTION raise_cap_alerts(owners uuid[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    BEGIN ATOMIC
        INSERT INTO cap_alerts (tenant_id, application_id, period, starts_on, counted, percent, most, used, currency)
        SELECT s.tenant_id, s.application_id, cap.period, cap.starts_on, cap.counted, level.percent, cap.most, cap.used, cap.currency
        FROM cap_states(owners) AS s
        CROSS JOIN LATERAL (
            VALUES
                ('day', s.day, 'messages', s.daily_messages::bigint, s.day_messages, NULL),
                ('month', date_trunc('month', s.day::timestamp)::date, 'messages', s.monthly_messages::bigint, s.month_messages, NULL),
                ('day', s.day, 'money', s.daily_micros, s.day_micros, s.currency),
                ('month', date_trunc('month', s.day::timestamp)::date, 'money', s.monthly_micros, s.month_micros, s.currency)
        ) AS cap (period, starts_on, counted, most, used, currency)
        CROSS JOIN (VALUES (80::smallint), (100::smallint)) AS level (percent)
        -- A cap of nothing is a switch: nobody is warned of it.
        WHERE cap.most > 0 AND cap.used::numeric * 100 >= cap.most::numeric * level.percent
        ORDER BY s.tenant_id, s.application_id NULLS FIRST, cap.period, cap.counted, level.percent
        ON CONFLICT DO NOTHING;
    END;
REVOKE ALL ON FUNCTION raise_cap_alerts(uuid[]) FROM PUBLIC;

-- A cap may be used up the moment it is set.
CREATE FUNCTION look_at_new_cap() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM raise_cap_alerts(ARRAY[NEW.tenant_id]);
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION look_at_new_cap() FROM PUBLIC;
CREATE TRIGGER look_at_new_cap AFTER INSERT OR UPDATE ON caps FOR EACH ROW EXECUTE FUNCTION look_at_new_cap();

-- Forgets what was sent before a day. Returns how many rows.
CREATE FUNCTION prune_usage(keep_from timestamptz) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    BEGIN ATOMIC
        WITH alerts AS (
            DELETE FROM cap_alerts WHERE starts_on < (keep_from AT TIME ZONE 'UTC')::date
        ), pruned AS (
            DELETE FROM usage_days WHERE day < (keep_from AT TIME ZONE 'UTC')::date RETURNING 1
        )
        SELECT count(*) FROM pruned;
    END;
REVOKE ALL ON FUNCTION prune_usage(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION prune_usage(timestamptz) TO pinfold_app;

-- The same as the function before it, and what was used is summed up.
CREATE OR REPLACE FUNCTION record_events(
    ids text[], happened_ats timestamptz[], tenant_ids uuid[], pin_ids uuid[], kinds text[], channels text[],
    created_ats timestamptz[], expires_ats timestamptz[], message_ids uuid[], subjects bytea[], delivery_numbers smallint[],
    attempt_numbers smallint[], connection_ids uuid[], provider_ids text[], segment_counts integer[], reasons text[],
    details jsonb[]
) RETURNS integer[]
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    -- A plan made for any array expects ten entries and loops; one made for this batch knows how many there are.
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    known uuid[] := coalesce((SELECT array_agg(id) FROM tenants WHERE id = ANY (tenant_ids)), '{}');
    left_out integer := (SELECT count(*) FROM unnest(tenant_ids) AS tenant_id WHERE tenant_id <> ALL (known));
    fresh bigint[];
BEGIN
    WITH input AS (
        SELECT *
        FROM unnest(ids, happened_ats, tenant_ids, pin_ids, kinds, channels, delivery_numbers, attempt_numbers,
                    connection_ids, provider_ids, segment_counts, reasons, details) WITH ORDINALITY
            AS input (id, happened_at, tenant_id, pin_id, kind, channel, delivery, attempt,
                      connection_id, provider_id, segments, reason, detail, nth)
    ), inserted AS (
        INSERT INTO events (tenant_id, id, happened_at, pin_id, kind, channel, delivery, attempt,
                            connection_id, provider_id, segments, reason, detail)
        SELECT tenant_id, id, happened_at, pin_id, kind, channel, delivery, attempt,
               connection_id, provider_id, segments, reason, detail
        FROM input
        WHERE tenant_id = ANY (known)
        ORDER BY tenant_id, id COLLATE "C", happened_at
        ON CONFLICT DO NOTHING
        RETURNING tenant_id, id, happened_at
    )
    SELECT array_agg(first) INTO fresh
    FROM (
        -- An event that stands in the batch twice is new once.
        SELECT min(nth) AS first
        FROM input
        JOIN inserted ON input.tenant_id = inserted.tenant_id AND input.id COLLATE "C" = inserted.id
            AND input.happened_at = inserted.happened_at
        GROUP BY inserted.tenant_id, inserted.id, inserted.happened_at
    ) AS firsts;

    IF fresh IS NULL THEN
        RETURN ARRAY[0, left_out];
    END IF;

    WITH input AS (
        SELECT *
        FROM unnest(ids, happened_ats, tenant_ids, pin_ids, kinds, channels, created_ats, expires_ats, message_ids, subjects,
                    delivery_numbers, reasons) WITH ORDINALITY
            AS input (id, happened_at, tenant_id, pin_id, kind, channel, created_at, expires_at, message_id, subject,
                      delivery, reason, nth)
        WHERE nth = ANY (fresh)
    ), pin AS (
        SELECT
            tenant_id, pin_id, created_at,
            max(expires_at) AS expires_at,
            coalesce(max(delivery), 1) AS deliveries,
            count(*) FILTER (WHERE kind IN ('wrong', 'exhausted')) AS wrong_guesses,
            min(happened_at) FILTER (WHERE kind = 'sent') AS sent_at,
            min(happened_at) FILTER (WHERE kind = 'verified') AS verified_at,
            min(happened_at) FILTER (WHERE kind = 'exhausted') AS exhausted_at,
            min(happened_at) FILTER (WHERE kind = 'canceled') AS canceled_at,
            min(happened_at) FILTER (WHERE kind = 'failed') AS failed_at,
            min(happened_at) FILTER (WHERE kind = 'skipped' AND reason = 'expired') AS expired_at,
            min(happened_at) FILTER (WHERE kind = 'locked') AS locked_at,
            (array_agg(nth ORDER BY happened_at DESC, id COLLATE "C" DESC))[1] AS newest
        FROM input
        GROUP BY tenant_id, pin_id, created_at
    )
    INSERT INTO verifications AS v (
        tenant_id, pin_id, created_at, expires_at, application_id, message_id, subject, channel, deliveries, wrong_guesses,
        sent_at, verified_at, exhausted_at, canceled_at, failed_at, expired_at, locked_at, newest_at, newest_event
    )
    SELECT
        pin.tenant_id, pin.pin_id, pin.created_at, pin.expires_at,
        -- A message of its own, or the built-in text, which has the application's id.
        coalesce(
            (SELECT m.application_id FROM messages AS m WHERE m.tenant_id = pin.tenant_id AND m.id = newest.message_id),
            (SELECT a.id FROM applications AS a WHERE a.tenant_id = pin.tenant_id AND a.id = newest.message_id)
        ),
        newest.message_id, newest.subject, newest.channel, pin.deliveries, pin.wrong_guesses,
        sent_at, verified_at, exhausted_at, canceled_at, failed_at, expired_at, locked_at, newest.happened_at, newest.id
    FROM pin JOIN input AS newest ON newest.nth = pin.newest
    ORDER BY pin.tenant_id, pin.pin_id, pin.created_at
    ON CONFLICT (tenant_id, pin_id, created_at) DO UPDATE SET
        expires_at = greatest(v.expires_at, EXCLUDED.expires_at),
        application_id = coalesce(v.application_id, EXCLUDED.application_id),
        deliveries = greatest(v.deliveries, EXCLUDED.deliveries),
        wrong_guesses = v.wrong_guesses + EXCLUDED.wrong_guesses,
        sent_at = least(v.sent_at, EXCLUDED.sent_at),
        verified_at = least(v.verified_at, EXCLUDED.verified_at),
        exhausted_at = least(v.exhausted_at, EXCLUDED.exhausted_at),
        canceled_at = least(v.canceled_at, EXCLUDED.canceled_at),
        failed_at = least(v.failed_at, EXCLUDED.failed_at),
        expired_at = least(v.expired_at, EXCLUDED.expired_at),
        locked_at = least(v.locked_at, EXCLUDED.locked_at),
        (message_id, subject, channel, newest_at, newest_event) = (
            SELECT *
            FROM (VALUES
                (v.message_id, v.subject, v.channel, v.newest_at, v.newest_event),
                (EXCLUDED.message_id, EXCLUDED.subject, EXCLUDED.channel, EXCLUDED.newest_at, EXCLUDED.newest_event)
            ) AS candidate (message_id, subject, channel, at, event)
            ORDER BY at DESC, event COLLATE "C" DESC
            LIMIT 1
        );

    WITH input AS (
        SELECT
            id, happened_at, tenant_id, pin_id, kind, channel, created_at, attempt, connection_id, provider_id, segments, reason, nth,
            coalesce(delivery, 1) AS delivery,
            array_position(ARRAY['retried', 'skipped', 'failed', 'sent'], kind)::smallint AS rank
        FROM unnest(ids, happened_ats, tenant_ids, pin_ids, kinds, channels, created_ats, delivery_numbers, attempt_numbers,
                    connection_ids, provider_ids, segment_counts, reasons) WITH ORDINALITY
            AS input (id, happened_at, tenant_id, pin_id, kind, channel, created_at, delivery, attempt,
                      connection_id, provider_id, segments, reason, nth)
        WHERE nth = ANY (fresh) AND kind IN ('retried', 'skipped', 'failed', 'sent')
    ), message AS (
        SELECT
            tenant_id, pin_id, delivery, created_at,
            coalesce(max(attempt), 0) AS attempts,
            min(happened_at) FILTER (WHERE kind = 'sent') AS sent_at,
            min(happened_at) FILTER (WHERE kind = 'failed') AS failed_at,
            min(happened_at) FILTER (WHERE kind = 'skipped') AS skipped_at,
            (array_agg(nth ORDER BY rank DESC, happened_at DESC, id COLLATE "C" DESC))[1] AS decisive
        FROM input
        GROUP BY tenant_id, pin_id, delivery, created_at
    )
    INSERT INTO deliveries AS d (
        tenant_id, pin_id, delivery, created_at, channel, attempts, connection_id, provider_id, segments, reason,
        sent_at, failed_at, skipped_at, decisive_rank, decisive_at, decisive_event
    )
    SELECT
        message.tenant_id, message.pin_id, message.delivery, message.created_at, decisive.channel, message.attempts,
        decisive.connection_id, decisive.provider_id, decisive.segments, decisive.reason,
        sent_at, failed_at, skipped_at, decisive.rank, decisive.happened_at, decisive.id
    FROM message JOIN input AS decisive ON decisive.nth = message.decisive
    ORDER BY message.tenant_id, message.pin_id, message.delivery, message.created_at
    ON CONFLICT (tenant_id, pin_id, delivery, created_at) DO UPDATE SET
        attempts = greatest(d.attempts, EXCLUDED.attempts),
        sent_at = least(d.sent_at, EXCLUDED.sent_at),
        failed_at = least(d.failed_at, EXCLUDED.failed_at),
        skipped_at = least(d.skipped_at, EXCLUDED.skipped_at),
        (channel, connection_id, provider_id, segments, reason, decisive_rank, decisive_at, decisive_event) = (
            SELECT *
            FROM (VALUES
                (d.channel, d.connection_id, d.provider_id, d.segments, d.reason,
                 d.decisive_rank, d.decisive_at, d.decisive_event),
                (EXCLUDED.channel, EXCLUDED.connection_id, EXCLUDED.provider_id, EXCLUDED.segments, EXCLUDED.reason,
                 EXCLUDED.decisive_rank, EXCLUDED.decisive_at, EXCLUDED.decisive_event)
            ) AS candidate (channel, connection_id, provider_id, segments, reason, rank, at, event)
            ORDER BY rank DESC, at DESC, event COLLATE "C" DESC
            LIMIT 1
        );

    -- What a tenant has to pay for: messages that came to their end, and the money of attempts that a provider took, or may
    -- have taken. Sandbox keys cost nothing, and neither does a message that was kept back.
    WITH input AS (
        SELECT tenant_id, (happened_at AT TIME ZONE 'UTC')::date AS day, kind, message_id, reason, detail
        FROM unnest(ids, happened_ats, tenant_ids, kinds, message_ids, reasons, details) WITH ORDINALITY
            AS input (id, happened_at, tenant_id, kind, message_id, reason, detail, nth)
        WHERE nth = ANY (fresh) AND kind IN ('sent', 'retried', 'failed', 'skipped') AND NOT coalesce(detail ? 'sandbox', false)
    ), used AS (
        SELECT tenant_id, day, message_id, '' AS currency, count(*) AS messages, 0 AS micros
        FROM input
        WHERE kind <> 'retried' AND reason IS DISTINCT FROM 'line_takes_no_messages'
        GROUP BY tenant_id, day, message_id
        UNION ALL
        SELECT tenant_id, day, message_id, detail ->> 'currency', 0, sum((detail ->> 'price_micros')::bigint)
        FROM input
        WHERE detail ? 'price_micros' AND detail ->> 'currency' IS NOT NULL
        GROUP BY tenant_id, day, message_id, detail ->> 'currency'
    )
    INSERT INTO usage_days AS u (tenant_id, day, application_id, currency, messages, micros)
    SELECT used.tenant_id, used.day, of.application_id, used.currency, sum(used.messages), sum(used.micros)
    FROM used CROSS JOIN LATERAL (
        SELECT coalesce(
            (SELECT m.application_id FROM messages AS m WHERE m.tenant_id = used.tenant_id AND m.id = used.message_id),
            (SELECT a.id FROM applications AS a WHERE a.tenant_id = used.tenant_id AND a.id = used.message_id),
            '00000000-0000-0000-0000-000000000000'
        ) AS application_id
    ) AS of
    GROUP BY used.tenant_id, used.day, of.application_id, used.currency
    ORDER BY used.tenant_id, used.day, of.application_id, used.currency COLLATE "C"
    ON CONFLICT (tenant_id, day, application_id, currency) DO UPDATE SET
        messages = u.messages + EXCLUDED.messages, micros = u.micros + EXCLUDED.micros;

    IF EXISTS (SELECT FROM caps WHERE tenant_id = ANY (known)) THEN
        PERFORM raise_cap_alerts(known);
    END IF;

    RETURN ARRAY[cardinality(fresh), left_out];
END
$$;
