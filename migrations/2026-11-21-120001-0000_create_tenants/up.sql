CREATE TABLE tenants (
    id uuid PRIMARY KEY,
    slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 255),
    is_enabled boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Data keys, sealed by the master key, which no store holds.
CREATE TABLE tenant_keys (
    tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    version integer NOT NULL CHECK (version BETWEEN 1 AND 65535),
    sealed bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, version)
);

-- FORCE binds the owner too, and functions that run with the owner's rights with it. The second policy is for those
-- functions: it holds for the owner alone, never for the service, which is no member of the owner's role.
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON tenants
    USING (id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON tenants TO CURRENT_USER USING (true) WITH CHECK (true);

ALTER TABLE tenant_keys ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON tenant_keys
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON tenant_keys TO CURRENT_USER USING (true) WITH CHECK (true);

-- Tenants come and go by the operator's hand, as the owner.
GRANT SELECT ON tenants, tenant_keys TO pinfold_app;
