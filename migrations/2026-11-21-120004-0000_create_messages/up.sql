-- The body is the template as it was written; it is parsed when read, so that a stricter parser finds old templates.
CREATE TABLE messages (
    tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    application_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('text', 'email')),
    alphabet text NOT NULL CHECK (alphabet IN ('NUMERIC', 'ALPHA', 'HEX', 'ALPHANUMERIC')),
    pin_length smallint NOT NULL CHECK (pin_length BETWEEN 1 AND 255),
    body jsonb NOT NULL CHECK (jsonb_typeof(body) = 'object'),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, application_id) REFERENCES applications (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX messages_of_application ON messages (tenant_id, application_id);

ALTER TABLE messages ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON messages
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON messages TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON messages TO pinfold_app;

CREATE TRIGGER bump_config_version AFTER INSERT OR UPDATE OR DELETE ON messages
    FOR EACH ROW EXECUTE FUNCTION bump_config_version('tenant_id');
