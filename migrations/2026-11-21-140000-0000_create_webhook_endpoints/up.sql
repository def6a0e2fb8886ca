-- Where a tenant wants to be told what happened. `sealed` is the secret that signs, bound to its endpoint; `sealed_previous`
-- the one before it, which signs too until it expires. No snapshot holds an endpoint, so no configuration version counts it.
CREATE TABLE webhook_endpoints (
    tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    url text NOT NULL CHECK (octet_length(url) BETWEEN 1 AND 2048),
    description text NOT NULL CHECK (char_length(description) <= 255),
    event_types text[] NOT NULL CHECK (cardinality(event_types) BETWEEN 1 AND 32),
    is_enabled boolean NOT NULL,
    disabled_reason text CHECK (disabled_reason IN ('manual', 'gone', 'failing')),
    disabled_at timestamptz,
    failing_since timestamptz,
    sealed bytea NOT NULL,
    sealed_previous bytea,
    previous_expires_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT webhook_endpoints_disabled CHECK (is_enabled = (disabled_reason IS NULL) AND is_enabled = (disabled_at IS NULL)),
    CONSTRAINT webhook_endpoints_previous CHECK ((sealed_previous IS NULL) = (previous_expires_at IS NULL))
);

ALTER TABLE webhook_endpoints ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON webhook_endpoints
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON webhook_endpoints TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_endpoints TO pinfold_app;

-- How many messages of a tenant may wait (`most`, which an operator may change for one tenant), how many do, and how many
-- were dropped because there was no room. Kept by triggers, so that the bound is exact whoever writes.
CREATE TABLE webhook_backlogs (
    tenant_id uuid PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
    most integer NOT NULL DEFAULT 100000 CHECK (most > 0),
    waiting integer NOT NULL DEFAULT 0 CHECK (waiting >= 0),
    dropped bigint NOT NULL DEFAULT 0 CHECK (dropped >= 0)
);

ALTER TABLE webhook_backlogs ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON webhook_backlogs
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON webhook_backlogs TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT ON webhook_backlogs TO pinfold_app;

-- A tenant has a backlog from its first endpoint on.
CREATE FUNCTION begin_webhook_backlog() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    INSERT INTO webhook_backlogs (tenant_id) VALUES (NEW.tenant_id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION begin_webhook_backlog() FROM PUBLIC;

CREATE TRIGGER begin_webhook_backlog AFTER INSERT ON webhook_endpoints
    FOR EACH ROW EXECUTE FUNCTION begin_webhook_backlog();
