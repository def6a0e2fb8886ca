-- One number per tenant that grows with every change of its configuration: what a process compares with its copy.
CREATE TABLE config_versions (
    tenant_id uuid PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
    version bigint NOT NULL CHECK (version > 0)
);

ALTER TABLE config_versions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON config_versions
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON config_versions TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT ON config_versions TO pinfold_app;

-- Counts and announces. Writers of one tenant wait for each other at its row, so that versions are committed in order.
CREATE FUNCTION bump_config_version() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    -- The argument names the column that holds the tenant.
    changed uuid := to_jsonb(coalesce(NEW, OLD)) ->> TG_ARGV[0];
BEGIN
    INSERT INTO config_versions AS known (tenant_id, version)
        -- A tenant that is being deleted takes its rows with it and keeps no version.
        SELECT id, 1 FROM tenants WHERE id = changed
        ON CONFLICT (tenant_id) DO UPDATE SET version = known.version + 1;
    PERFORM pg_notify('pinfold_config', changed::text);
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION bump_config_version() FROM PUBLIC;

CREATE TRIGGER bump_config_version AFTER INSERT OR UPDATE OR DELETE ON tenants
    FOR EACH ROW EXECUTE FUNCTION bump_config_version('id');
CREATE TRIGGER bump_config_version AFTER INSERT OR UPDATE OR DELETE ON tenant_keys
    FOR EACH ROW EXECUTE FUNCTION bump_config_version('tenant_id');
