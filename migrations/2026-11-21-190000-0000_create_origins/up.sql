-- Where something that an import made comes from, so that the next import finds it instead of making it again. `origin` is the
-- importer's own reference. Nothing that runs asks for it, so no configuration version counts it.
CREATE TABLE origins (
    tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    origin text NOT NULL CHECK (origin ~ '^[A-Za-z0-9._:-]{1,128}$'),
    application_id uuid NOT NULL,
    message_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, origin),
    FOREIGN KEY (tenant_id, application_id) REFERENCES applications (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, message_id) REFERENCES messages (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX origins_of_application ON origins (tenant_id, application_id);
CREATE INDEX origins_of_message ON origins (tenant_id, message_id);

ALTER TABLE origins ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON origins
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON origins TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON origins TO pinfold_app;
