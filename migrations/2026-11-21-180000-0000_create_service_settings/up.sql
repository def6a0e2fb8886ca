-- What Twilio's clients configure of a service beside what its application has. An application without a row has the
-- defaults: any application is a service to those clients.
CREATE TABLE service_settings (
    tenant_id uuid NOT NULL,
    application_id uuid NOT NULL,
    settings jsonb NOT NULL CHECK (jsonb_typeof(settings) = 'object'),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, application_id),
    FOREIGN KEY (tenant_id, application_id) REFERENCES applications (tenant_id, id) ON DELETE CASCADE
);

ALTER TABLE service_settings ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON service_settings
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON service_settings TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON service_settings TO pinfold_app;

CREATE TRIGGER bump_config_version AFTER INSERT OR UPDATE OR DELETE ON service_settings
    FOR EACH ROW EXECUTE FUNCTION bump_config_version('tenant_id');
