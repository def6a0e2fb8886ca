-- What an endpoint is told: the outbox while a message waits, its history afterwards. A message in hand has a lease, which
-- `due_at` ends. `tries` counts since it was queued or replayed, `attempts` all.
CREATE TABLE webhook_messages (
    tenant_id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    type text NOT NULL,
    happened_at timestamptz NOT NULL,
    data jsonb NOT NULL,
    pin_id uuid,
    status text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'delivered', 'failed')),
    attempts integer NOT NULL DEFAULT 0,
    tries integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT now(),
    lease uuid,
    last_outcome text,
    created_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    PRIMARY KEY (tenant_id, endpoint_id, id),
    CONSTRAINT webhook_messages_finished CHECK ((status = 'waiting') = (finished_at IS NULL)),
    CONSTRAINT webhook_messages_lease CHECK (lease IS NULL OR status = 'waiting'),
    FOREIGN KEY (tenant_id, endpoint_id) REFERENCES webhook_endpoints (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX webhook_messages_due ON webhook_messages (tenant_id, endpoint_id, due_at) WHERE status = 'waiting';
CREATE INDEX webhook_messages_leased ON webhook_messages (tenant_id, endpoint_id, due_at) WHERE lease IS NOT NULL;
CREATE INDEX webhook_messages_newest ON webhook_messages (tenant_id, endpoint_id, created_at, id);

ALTER TABLE webhook_messages ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON webhook_messages
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON webhook_messages TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON webhook_messages TO pinfold_app;

-- One row per attempt at a message.
CREATE TABLE webhook_attempts (
    tenant_id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    message_id uuid NOT NULL,
    number integer NOT NULL,
    ended_at timestamptz NOT NULL,
    outcome text NOT NULL,
    status_code smallint,
    duration_ms integer NOT NULL,
    PRIMARY KEY (tenant_id, endpoint_id, message_id, number),
    FOREIGN KEY (tenant_id, endpoint_id, message_id)
        REFERENCES webhook_messages (tenant_id, endpoint_id, id) ON DELETE CASCADE
);

ALTER TABLE webhook_attempts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON webhook_attempts
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON webhook_attempts TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON webhook_attempts TO pinfold_app;

-- Counts what waits, whatever statement made or ended it. Rows of several tenants are taken in order, so that two writers
-- may wait but never deadlock. Whoever needs several locks takes them in this order: endpoints, messages, backlog.
CREATE FUNCTION count_webhook_backlog() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    owners uuid[];
    differences integer[];
BEGIN
    -- A transition table that the statement does not have may not even be named, so each kind asks for its own.
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(tenant_id), array_agg(difference::integer) INTO owners, differences
        FROM (
            SELECT tenant_id, count(*) AS difference FROM made WHERE status = 'waiting' GROUP BY tenant_id
        ) AS changed;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(tenant_id), array_agg(difference::integer) INTO owners, differences
        FROM (
            SELECT tenant_id, -count(*) AS difference FROM gone WHERE status = 'waiting' GROUP BY tenant_id
        ) AS changed;
    ELSE
        SELECT array_agg(tenant_id), array_agg(difference::integer) INTO owners, differences
        FROM (
            SELECT tenant_id, sum(part) AS difference
            FROM (
                SELECT tenant_id, 1 AS part FROM made WHERE status = 'waiting'
                UNION ALL
                SELECT tenant_id, -1 FROM gone WHERE status = 'waiting'
            ) AS parts
            GROUP BY tenant_id
            HAVING sum(part) <> 0
        ) AS changed;
    END IF;
    IF owners IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM FROM webhook_backlogs WHERE tenant_id = ANY (owners) ORDER BY tenant_id FOR UPDATE;
    UPDATE webhook_backlogs AS b SET waiting = b.waiting + changed.difference
    FROM unnest(owners, differences) AS changed (tenant_id, difference)
    WHERE b.tenant_id = changed.tenant_id;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION count_webhook_backlog() FROM PUBLIC;

CREATE TRIGGER count_made AFTER INSERT ON webhook_messages
    REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION count_webhook_backlog();
CREATE TRIGGER count_changed AFTER UPDATE ON webhook_messages
    REFERENCING OLD TABLE AS gone NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION count_webhook_backlog();
CREATE TRIGGER count_gone AFTER DELETE ON webhook_messages
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION count_webhook_backlog();

-- How many messages more the tenant of this transaction may have waiting. Holds the backlog until the transaction ends.
CREATE FUNCTION webhook_room() RETURNS integer
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    BEGIN ATOMIC
        SELECT greatest(most - waiting, 0)
        FROM webhook_backlogs
        WHERE tenant_id = nullif(current_setting('app.tenant', true), '')::uuid
        FOR UPDATE;
    END;
REVOKE ALL ON FUNCTION webhook_room() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION webhook_room() TO pinfold_app;
