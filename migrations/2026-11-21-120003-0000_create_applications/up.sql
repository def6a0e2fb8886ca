-- Durations and rates stand as they were written (`15m`, `3/1d`).
CREATE TABLE applications (
    tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 255),
    is_enabled boolean NOT NULL,
    pin_attempts smallint NOT NULL CHECK (pin_attempts BETWEEN 1 AND 255),
    allow_multiple_verifications boolean NOT NULL,
    time_to_live text NOT NULL CHECK (time_to_live ~ '^[0-9]*(ms|s|m|h|d)$'),
    verify_limit text NOT NULL CHECK (verify_limit ~ '^[0-9]+/[0-9]*(ms|s|m|h|d)$'),
    send_per_application_limit text NOT NULL CHECK (send_per_application_limit ~ '^[0-9]+/[0-9]*(ms|s|m|h|d)$'),
    send_per_number_limit text NOT NULL CHECK (send_per_number_limit ~ '^[0-9]+/[0-9]*(ms|s|m|h|d)$'),
    lock_after text NOT NULL CHECK (lock_after ~ '^[0-9]+/[0-9]*(ms|s|m|h|d)$'),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
);

ALTER TABLE applications ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON applications
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON applications TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON applications TO pinfold_app;

CREATE TRIGGER bump_config_version AFTER INSERT OR UPDATE OR DELETE ON applications
    FOR EACH ROW EXECUTE FUNCTION bump_config_version('tenant_id');
