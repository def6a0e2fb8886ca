-- How an endpoint is told: as Standard Webhooks, or as a vendor tells its customers.
ALTER TABLE webhook_endpoints ADD COLUMN format text NOT NULL DEFAULT 'standard' CHECK (format IN ('standard', 'vonage'));

-- The same as before, with the format. Code that does not know the column does not look at it.
DROP FUNCTION take_webhooks(uuid, integer, integer, integer, integer);
CREATE FUNCTION take_webhooks(token uuid, most integer, per_tenant integer, per_endpoint integer, lease_ms integer)
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
REVOKE ALL ON FUNCTION take_webhooks(uuid, integer, integer, integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_webhooks(uuid, integer, integer, integer, integer) TO pinfold_app;
