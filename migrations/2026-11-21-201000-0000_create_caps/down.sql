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

    RETURN ARRAY[cardinality(fresh), left_out];
END
$$;

DROP FUNCTION prune_usage(timestamptz);
DROP TRIGGER look_at_new_cap ON caps;
DROP FUNCTION look_at_new_cap();
DROP FUNCTION raise_cap_alerts(uuid[]);
DROP FUNCTION cap_states(uuid[]);
DROP TABLE cap_alerts;
DROP FUNCTION queue_cap_alert();
DROP TABLE usage_days;
DROP TABLE caps;
