-- The functions as they were before.
CREATE OR REPLACE FUNCTION take_webhooks(token uuid, most integer, per_tenant integer, per_endpoint integer, lease_ms integer)
    RETURNS TABLE (
        tenant_id uuid, endpoint_id uuid, id uuid, type text, happened_at timestamptz, data jsonb, tries integer,
        created_at timestamptz, url text, sealed bytea, sealed_previous bytea, previous_expires_at timestamptz, format text
    )
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    started timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('pinfold webhooks'), 0);
    started := clock_timestamp();
    RETURN QUERY
    WITH RECURSIVE queue AS (
        -- From one endpoint that has something waiting to the next, one look at the index each.
        (SELECT m.tenant_id, m.endpoint_id FROM webhook_messages AS m WHERE m.status = 'waiting'
         ORDER BY m.tenant_id, m.endpoint_id LIMIT 1)
        UNION ALL
        SELECT following.tenant_id, following.endpoint_id
        FROM queue CROSS JOIN LATERAL (
            SELECT m.tenant_id, m.endpoint_id
            FROM webhook_messages AS m
            WHERE m.status = 'waiting' AND (m.tenant_id, m.endpoint_id) > (queue.tenant_id, queue.endpoint_id)
            ORDER BY m.tenant_id, m.endpoint_id LIMIT 1
        ) AS following
    ), free AS MATERIALIZED (
        SELECT
            queue.tenant_id, queue.endpoint_id,
            CASE WHEN w.failing_since IS NULL THEN per_endpoint ELSE 1 END - busy.count AS room,
            per_tenant - sum(busy.count) OVER (PARTITION BY queue.tenant_id) AS tenant_room
        FROM queue
        JOIN webhook_endpoints AS w ON w.tenant_id = queue.tenant_id AND w.id = queue.endpoint_id AND w.is_enabled
        CROSS JOIN LATERAL (
            SELECT count(*) FROM webhook_messages AS m
            WHERE m.tenant_id = queue.tenant_id AND m.endpoint_id = queue.endpoint_id AND m.lease IS NOT NULL
              AND m.due_at > started
        ) AS busy
    ), due AS (
        SELECT
            free.tenant_id, free.endpoint_id, free.tenant_room, m.id, m.due_at,
            row_number() OVER (PARTITION BY free.tenant_id, free.endpoint_id ORDER BY m.due_at) AS nth
        FROM free CROSS JOIN LATERAL (
            SELECT m.id, m.due_at
            FROM webhook_messages AS m
            WHERE m.tenant_id = free.tenant_id AND m.endpoint_id = free.endpoint_id AND m.status = 'waiting'
              AND m.due_at <= started
            ORDER BY m.due_at
            LIMIT least(free.room, free.tenant_room)
            FOR UPDATE SKIP LOCKED
        ) AS m
        WHERE free.room > 0 AND free.tenant_room > 0
    ), turns AS (
        SELECT due.*, row_number() OVER (PARTITION BY due.tenant_id ORDER BY due.nth, due.due_at) AS turn FROM due
    ), chosen AS (
        SELECT turns.tenant_id, turns.endpoint_id, turns.id
        FROM turns WHERE turns.turn <= turns.tenant_room
        ORDER BY turns.turn, turns.due_at
        LIMIT most
    )
    UPDATE webhook_messages AS m SET
        lease = token,
        due_at = started + make_interval(secs => lease_ms / 1000.0),
        data = CASE WHEN m.pin_id IS NULL OR m.data ? 'messageId' THEN m.data ELSE m.data || coalesce((
            SELECT jsonb_strip_nulls(jsonb_build_object(
                'applicationId', public_id(v.application_id), 'messageId', public_id(v.message_id)))
            FROM verifications AS v
            WHERE v.tenant_id = m.tenant_id AND v.pin_id = m.pin_id
              -- Days that cannot hold the verification are not looked at: no PIN lives so long.
              AND v.created_at BETWEEN m.happened_at - interval '3 days' AND m.happened_at + interval '1 day'
            ORDER BY v.created_at DESC
            LIMIT 1
        ), '{}') END
    FROM chosen
    JOIN webhook_endpoints AS w ON w.tenant_id = chosen.tenant_id AND w.id = chosen.endpoint_id
    WHERE m.tenant_id = chosen.tenant_id AND m.endpoint_id = chosen.endpoint_id AND m.id = chosen.id
    RETURNING m.tenant_id, m.endpoint_id, m.id, m.type, m.happened_at, m.data, m.tries, m.created_at,
              w.url, w.sealed, w.sealed_previous, w.previous_expires_at, w.format;
END
$$;
CREATE OR REPLACE FUNCTION record_sent(
    template_tenants uuid[], templates uuid[], nths integer[], ids text[], happened_ats timestamptz[], pin_ids uuid[],
    channels text[], created_ats timestamptz[], expires_ats timestamptz[], subjects bytea[], connection_ids uuid[],
    provider_ids text[], segment_counts integer[], details jsonb[],
    used_nths integer[], used_days date[], used_currencies text[], used_messages bigint[], used_micros bigint[]
) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    -- Nothing here depends on how many there are: planned once for a connection.
    SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    nobody constant uuid := '00000000-0000-0000-0000-000000000000';
    owners uuid[] := ARRAY(SELECT DISTINCT owner FROM unnest(template_tenants) AS owner);
    applications uuid[];
BEGIN
    IF (SELECT count(*) FROM tenants WHERE id = ANY (owners)) < cardinality(owners) THEN
        RETURN false;
    END IF;
    applications := ARRAY(
        -- A message of its own, or the built-in text, which has the application's id.
        SELECT coalesce(
            (SELECT m.application_id FROM messages AS m WHERE m.tenant_id = template.owner AND m.id = template.id),
            (SELECT a.id FROM applications AS a WHERE a.tenant_id = template.owner AND a.id = template.id),
            nobody)
        FROM unnest(template_tenants, templates) WITH ORDINALITY AS template (owner, id, nth)
        ORDER BY nth);

    INSERT INTO events (tenant_id, id, happened_at, pin_id, kind, channel, delivery, attempt, connection_id, provider_id, segments,
                        detail)
    SELECT template_tenants[nth], id, happened_at, pin_id, 'sent', channel, 1, 1, connection_id, provider_id, segments, detail
    FROM (
        SELECT
            unnest(nths) AS nth, unnest(ids) AS id, unnest(happened_ats) AS happened_at, unnest(pin_ids) AS pin_id,
            unnest(channels) AS channel, unnest(connection_ids) AS connection_id, unnest(provider_ids) AS provider_id,
            unnest(segment_counts) AS segments, unnest(details) AS detail
    ) AS input
    -- In the order of record_events().
    ORDER BY template_tenants[nth], id COLLATE "C", happened_at;

    INSERT INTO verifications (tenant_id, pin_id, created_at, expires_at, application_id, message_id, subject, channel,
                               deliveries, wrong_guesses, sent_at, newest_at, newest_event)
    SELECT
        template_tenants[nth], pin_id, created_at, expires_at, nullif(applications[nth], nobody), templates[nth], subject, channel,
        1, 0, happened_at, happened_at, id
    FROM (
        SELECT
            unnest(nths) AS nth, unnest(ids) AS id, unnest(happened_ats) AS happened_at, unnest(pin_ids) AS pin_id,
            unnest(channels) AS channel, unnest(created_ats) AS created_at, unnest(expires_ats) AS expires_at,
            unnest(subjects) AS subject
    ) AS input;

    INSERT INTO deliveries (tenant_id, pin_id, delivery, created_at, channel, attempts, connection_id, provider_id, segments,
                            sent_at, decisive_rank, decisive_at, decisive_event)
    SELECT
        -- The rank of `sent` in record_events().
        template_tenants[nth], pin_id, 1, created_at, channel, 1, connection_id, provider_id, segments, happened_at, 4, happened_at, id
    FROM (
        SELECT
            unnest(nths) AS nth, unnest(ids) AS id, unnest(happened_ats) AS happened_at, unnest(pin_ids) AS pin_id,
            unnest(channels) AS channel, unnest(created_ats) AS created_at, unnest(connection_ids) AS connection_id,
            unnest(provider_ids) AS provider_id, unnest(segment_counts) AS segments
    ) AS input;

    INSERT INTO usage_days AS u (tenant_id, day, application_id, currency, messages, micros)
    SELECT template_tenants[used.nth], used.day, applications[used.nth], used.currency, sum(used.messages), sum(used.micros)
    FROM unnest(used_nths, used_days, used_currencies, used_messages, used_micros)
        AS used (nth, day, currency, messages, micros)
    GROUP BY 1, 2, 3, 4
    ORDER BY 1, 2, 3, used.currency COLLATE "C"
    ON CONFLICT (tenant_id, day, application_id, currency) DO UPDATE SET
        messages = u.messages + EXCLUDED.messages, micros = u.micros + EXCLUDED.micros;

    IF EXISTS (SELECT FROM caps WHERE tenant_id = ANY (owners)) THEN
        PERFORM raise_cap_alerts(owners);
    END IF;
    RETURN true;
EXCEPTION WHEN unique_violation THEN
    RETURN false;
END
$$;
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
ALTER TABLE verifications DROP COLUMN is_test;
DROP TABLE test_numbers;
