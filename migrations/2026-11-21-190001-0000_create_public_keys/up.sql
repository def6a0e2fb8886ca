-- The public key by which an application signs its own tokens (RS256). `key` is a SubjectPublicKeyInfo in DER. `hash` is the
-- keyed hash of the application's name as a credential, by which a token's owner is found like that of an API key.
CREATE TABLE public_keys (
    tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    application_id uuid NOT NULL,
    hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    key bytea NOT NULL CHECK (octet_length(key) BETWEEN 256 AND 2048),
    environment text NOT NULL CHECK (environment IN ('live', 'sandbox')),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, application_id),
    FOREIGN KEY (tenant_id, application_id) REFERENCES applications (tenant_id, id) ON DELETE CASCADE
);

ALTER TABLE public_keys ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON public_keys
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON public_keys TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON public_keys TO pinfold_app;

CREATE TRIGGER bump_config_version AFTER INSERT OR UPDATE OR DELETE ON public_keys
    FOR EACH ROW EXECUTE FUNCTION bump_config_version('tenant_id');

-- Whose credential has this hash: an API key, or an application that signs its tokens.
CREATE OR REPLACE FUNCTION tenant_of_api_key(key_hash bytea) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    RETURN coalesce(
        (SELECT tenant_id FROM api_keys WHERE hash = key_hash AND revoked_at IS NULL),
        (SELECT tenant_id FROM public_keys WHERE hash = key_hash)
    );
