-- The one place where a kind of event becomes a type of webhook. Kinds that nobody is told of have none. Types that come
-- from elsewhere (`webhook.exhausted`, `endpoint.disabled`, `webhook.test`) are named where they are made; core lists all.
CREATE FUNCTION webhook_type(kind text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE kind
        WHEN 'sent' THEN 'pin.sent'
        WHEN 'delivered' THEN 'pin.delivered'
        WHEN 'failed' THEN 'pin.failed'
        WHEN 'verified' THEN 'pin.verified'
        WHEN 'exhausted' THEN 'pin.exhausted'
        WHEN 'expired' THEN 'pin.expired'
        WHEN 'canceled' THEN 'pin.canceled'
        WHEN 'locked' THEN 'pin.locked'
        WHEN 'alert' THEN 'alert.raised'
    END;

-- An id as the API writes it.
CREATE FUNCTION public_id(id uuid) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN upper(replace(id::text, '-', ''));

-- Queues what was just recorded, in the same transaction: an event and its webhooks are there together or not at all.
-- Where nobody listens it costs one look at the endpoints. What a tenant's backlog has no room for is dropped and counted.
CREATE FUNCTION queue_webhooks() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM webhook_endpoints WHERE is_enabled) THEN
        RETURN NULL;
    END IF;
    -- In the order that all writers keep: endpoints, messages, backlog.
    PERFORM FROM webhook_endpoints
    WHERE is_enabled AND tenant_id IN (SELECT tenant_id FROM fresh WHERE webhook_type(kind) IS NOT NULL)
    ORDER BY tenant_id, id
    FOR KEY SHARE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    PERFORM FROM webhook_backlogs WHERE tenant_id IN (SELECT tenant_id FROM fresh) ORDER BY tenant_id FOR UPDATE;
    WITH wanted AS (
        SELECT
            e.tenant_id, w.id AS endpoint_id, webhook_type(e.kind) AS type, e.happened_at, e.pin_id,
            jsonb_strip_nulls(jsonb_build_object(
                'pinId', public_id(e.pin_id), 'status', e.kind, 'channel', e.channel, 'delivery', e.delivery,
                'attempt', e.attempt, 'connectionId', public_id(e.connection_id), 'reason', e.reason
            )) AS data,
            row_number() OVER (PARTITION BY e.tenant_id ORDER BY e.happened_at, e.id, w.id) AS nth
        FROM fresh AS e
        JOIN webhook_endpoints AS w ON w.tenant_id = e.tenant_id AND w.is_enabled AND webhook_type(e.kind) = ANY (w.event_types)
    ), queued AS (
        INSERT INTO webhook_messages (tenant_id, endpoint_id, type, happened_at, data, pin_id)
        SELECT wanted.tenant_id, endpoint_id, type, happened_at, data, pin_id
        FROM wanted JOIN webhook_backlogs AS b ON b.tenant_id = wanted.tenant_id
        WHERE nth <= b.most - b.waiting
        ORDER BY wanted.tenant_id, nth
    )
    UPDATE webhook_backlogs AS b SET dropped = b.dropped + excess.count
    FROM (
        SELECT wanted.tenant_id, count(*)
        FROM wanted JOIN webhook_backlogs AS b ON b.tenant_id = wanted.tenant_id
        WHERE nth > b.most - b.waiting
        GROUP BY wanted.tenant_id
    ) AS excess
    WHERE b.tenant_id = excess.tenant_id;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION queue_webhooks() FROM PUBLIC;

CREATE TRIGGER queue_webhooks AFTER INSERT ON events
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION queue_webhooks();

-- Hands out messages that are due, of all tenants, under a lease, with what it takes to deliver them. The notifier serves
-- all tenants, as the recorder does; this is the only thing it does across them. One caller at a time, so that no more are
-- in hand at once than a tenant and an endpoint may have, over all notifiers; an endpoint that is failing gets one at a
-- time. Tenants take turns. On its first time out a message learns its application and template from the verification,
-- which its event did not know.
CREATE FUNCTION take_webhooks(token uuid, most integer, per_tenant integer, per_endpoint integer, lease_ms integer)
    RETURNS TABLE (
        tenant_id uuid, endpoint_id uuid, id uuid, type text, happened_at timestamptz, data jsonb, tries integer,
        created_at timestamptz, url text, sealed bytea, sealed_previous bytea, previous_expires_at timestamptz
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
              w.url, w.sealed, w.sealed_previous, w.previous_expires_at;
END
$$;

-- How many messages wait over all tenants, how many seconds the longest overdue one is late, and how many were dropped.
CREATE FUNCTION webhook_depth() RETURNS TABLE (waiting bigint, overdue_seconds double precision, dropped bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    BEGIN ATOMIC
        SELECT
            coalesce(sum(b.waiting), 0)::bigint,
            coalesce(max(extract(epoch FROM now() - late.due_at)), 0)::double precision,
            coalesce(sum(b.dropped), 0)::bigint
        FROM webhook_backlogs AS b
        LEFT JOIN webhook_endpoints AS w ON b.waiting > 0 AND w.tenant_id = b.tenant_id
        LEFT JOIN LATERAL (
            SELECT m.due_at FROM webhook_messages AS m
            WHERE m.tenant_id = w.tenant_id AND m.endpoint_id = w.id AND m.status = 'waiting' AND m.due_at <= now()
            ORDER BY m.due_at LIMIT 1
        ) AS late ON true;
    END;

-- Forgets messages that ended before `keep_from`, at most so many of a tenant at once. Returns how many.
CREATE FUNCTION prune_webhooks(keep_from timestamptz, most integer) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    BEGIN ATOMIC
        WITH old AS (
            SELECT m.tenant_id, m.endpoint_id, m.id
            FROM webhook_endpoints AS w CROSS JOIN LATERAL (
                SELECT m.tenant_id, m.endpoint_id, m.id
                FROM webhook_messages AS m
                WHERE m.tenant_id = w.tenant_id AND m.endpoint_id = w.id AND m.created_at < keep_from
                  AND m.finished_at < keep_from
                ORDER BY m.created_at
                LIMIT most
            ) AS m
        ), pruned AS (
            DELETE FROM webhook_messages AS m USING old
            WHERE m.tenant_id = old.tenant_id AND m.endpoint_id = old.endpoint_id AND m.id = old.id
            RETURNING 1
        )
        SELECT count(*) FROM pruned;
    END;

REVOKE ALL ON FUNCTION
    take_webhooks(uuid, integer, integer, integer, integer), webhook_depth(), prune_webhooks(timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    take_webhooks(uuid, integer, integer, integer, integer), webhook_depth(), prune_webhooks(timestamptz, integer)
    TO pinfold_app;

-- Records what became of messages of one tenant, with that tenant's rights and in its transaction: attempts, messages, and
-- what it says of their endpoints. Whose lease was lost is left out: somebody else has the message. Returns what else
-- changed: `exhausted` for every message that was given up, the reason for every endpoint that was disabled.
CREATE FUNCTION settle_webhooks(
    owner uuid, token uuid, endpoint_ids uuid[], message_ids uuid[], ended_ats timestamptz[], outcomes text[],
    status_codes smallint[], durations_ms integer[], next_ats timestamptz[], patience interval
) RETURNS TABLE (changed_endpoint uuid, change text)
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    ended record;
BEGIN
    -- All of them, in order: telling the other endpoints refers to them.
    PERFORM FROM webhook_endpoints WHERE tenant_id = owner ORDER BY id FOR NO KEY UPDATE;
    FOR ended IN
        WITH input AS (
            SELECT * FROM unnest(endpoint_ids, message_ids, ended_ats, outcomes, status_codes, durations_ms, next_ats)
                AS input (endpoint_id, message_id, ended_at, outcome, status_code, duration_ms, next_at)
        ), settled AS (
            UPDATE webhook_messages AS m SET
                attempts = m.attempts + 1,
                tries = m.tries + 1,
                lease = NULL,
                last_outcome = input.outcome,
                due_at = coalesce(input.next_at, m.due_at),
                status = CASE WHEN input.outcome = 'delivered' THEN 'delivered' WHEN input.next_at IS NULL THEN 'failed'
                    ELSE 'waiting' END,
                finished_at = CASE WHEN input.outcome = 'delivered' OR input.next_at IS NULL THEN input.ended_at END
            FROM input
            WHERE m.tenant_id = owner AND m.endpoint_id = input.endpoint_id AND m.id = input.message_id AND m.lease = token
            RETURNING m.endpoint_id, m.id, m.type, m.attempts, m.status, input.ended_at, input.outcome, input.status_code,
                      input.duration_ms
        ), noted AS (
            INSERT INTO webhook_attempts (
                tenant_id, endpoint_id, message_id, number, ended_at, outcome, status_code, duration_ms)
            SELECT owner, endpoint_id, id, attempts, ended_at, outcome, status_code, duration_ms FROM settled
        ), judged AS (
            SELECT
                endpoint_id, bool_or(outcome = 'delivered') AS is_well, bool_or(outcome = 'http_410') AS is_gone,
                min(ended_at) AS first_at, max(ended_at) AS last_at
            FROM settled GROUP BY endpoint_id
        ), endpoints AS (
            UPDATE webhook_endpoints AS w SET
                failing_since = CASE WHEN is_well AND NOT is_gone THEN NULL ELSE coalesce(w.failing_since, first_at) END,
                is_enabled = w.is_enabled AND NOT ends.now,
                disabled_reason = CASE WHEN w.is_enabled AND ends.now THEN ends.reason ELSE w.disabled_reason END,
                disabled_at = CASE WHEN w.is_enabled AND ends.now THEN last_at ELSE w.disabled_at END
            FROM judged CROSS JOIN LATERAL (
                SELECT
                    is_gone OR NOT is_well AND coalesce((
                        SELECT s.failing_since FROM webhook_endpoints AS s
                        WHERE s.tenant_id = owner AND s.id = judged.endpoint_id
                    ) <= last_at - patience, false) AS now,
                    CASE WHEN is_gone THEN 'gone' ELSE 'failing' END AS reason
            ) AS ends (now, reason)
            WHERE w.tenant_id = owner AND w.id = judged.endpoint_id
              -- Most of the time there is nothing to change.
              AND NOT (is_well AND NOT is_gone AND w.failing_since IS NULL)
            RETURNING w.id, NOT w.is_enabled AND w.disabled_at = last_at AS is_new, w.disabled_reason, w.disabled_at
        )
        SELECT endpoint_id, 'exhausted' AS change, id AS message_id, type, outcome, ended_at AS at
        FROM settled WHERE status = 'failed'
        UNION ALL
        SELECT id, disabled_reason, NULL, NULL, NULL, disabled_at FROM endpoints WHERE is_new
    LOOP
        IF ended.change = 'exhausted' THEN
            -- Words about words would never end.
            IF ended.type LIKE 'pin.%' OR ended.type LIKE 'alert.%' THEN
                PERFORM tell_other_endpoints(owner, ended.endpoint_id, 'webhook.exhausted', ended.at, jsonb_build_object(
                    'endpointId', public_id(ended.endpoint_id), 'messageId', public_id(ended.message_id),
                    'type', ended.type, 'reason', ended.outcome));
            END IF;
        ELSE
            UPDATE webhook_messages SET
                status = 'failed', lease = NULL, last_outcome = 'endpoint_disabled', finished_at = ended.at
            WHERE tenant_id = owner AND endpoint_id = ended.endpoint_id AND status = 'waiting';
            PERFORM tell_other_endpoints(owner, ended.endpoint_id, 'endpoint.disabled', ended.at, jsonb_build_object(
                'endpointId', public_id(ended.endpoint_id), 'reason', ended.change));
        END IF;
        changed_endpoint := ended.endpoint_id;
        change := ended.change;
        RETURN NEXT;
    END LOOP;
END
$$;

-- Queues a message about one endpoint for the tenant's others that want it, as far as the backlog has room.
CREATE FUNCTION tell_other_endpoints(owner uuid, about uuid, what text, at timestamptz, content jsonb) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    INSERT INTO webhook_messages (tenant_id, endpoint_id, type, happened_at, data)
    SELECT owner, w.id, what, at, content
    FROM webhook_endpoints AS w
    WHERE w.tenant_id = owner AND w.id <> about AND w.is_enabled AND what = ANY (w.event_types)
    ORDER BY w.id
    LIMIT webhook_room();
END
$$;

REVOKE ALL ON FUNCTION
    settle_webhooks(uuid, uuid, uuid[], uuid[], timestamptz[], text[], smallint[], integer[], timestamptz[], interval),
    tell_other_endpoints(uuid, uuid, text, timestamptz, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    settle_webhooks(uuid, uuid, uuid[], uuid[], timestamptz[], text[], smallint[], integer[], timestamptz[], interval),
    tell_other_endpoints(uuid, uuid, text, timestamptz, jsonb) TO pinfold_app;
