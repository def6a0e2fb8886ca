-- A key is known by its keyed hash only. `permissions`, `platform` and `scope_guids` are kept for clients that set
-- them and want them back; what a key may do stands in `scopes`.
CREATE TABLE api_keys (
    tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 255),
    hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    prefix text NOT NULL CHECK (char_length(prefix) BETWEEN 1 AND 32),
    scopes text[] NOT NULL CHECK (array_position(scopes, NULL) IS NULL),
    environment text NOT NULL CHECK (environment IN ('live', 'sandbox')),
    default_application_id uuid,
    networks text[] NOT NULL CHECK (array_position(networks, NULL) IS NULL),
    permissions text[] NOT NULL CHECK (array_position(permissions, NULL) IS NULL),
    platform text[] NOT NULL CHECK (array_position(platform, NULL) IS NULL),
    scope_guids text[] NOT NULL CHECK (array_position(scope_guids, NULL) IS NULL),
    valid_from timestamptz,
    valid_to timestamptz,
    is_enabled boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, default_application_id) REFERENCES applications (tenant_id, id)
        ON DELETE SET NULL (default_application_id)
);
CREATE INDEX api_keys_of_application ON api_keys (tenant_id, default_application_id);
CREATE INDEX api_keys_created ON api_keys (tenant_id, created_at);

ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON api_keys
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON api_keys TO CURRENT_USER USING (true) WITH CHECK (true);
-- Keys are revoked, never deleted.
GRANT SELECT, INSERT, UPDATE ON api_keys TO pinfold_app;

CREATE TRIGGER bump_config_version AFTER INSERT OR UPDATE OR DELETE ON api_keys
    FOR EACH ROW EXECUTE FUNCTION bump_config_version('tenant_id');
