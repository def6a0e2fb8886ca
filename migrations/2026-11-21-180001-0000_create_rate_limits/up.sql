-- Limits that a tenant defines for what its sends name, such as the address of a client. Each bucket of a limit is a
-- sliding window of its own.
CREATE TABLE rate_limits (
    tenant_id uuid NOT NULL,
    application_id uuid NOT NULL,
    id uuid NOT NULL,
    unique_name text NOT NULL CHECK (char_length(unique_name) BETWEEN 1 AND 255),
    description text NOT NULL CHECK (char_length(description) <= 255),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, application_id, id),
    CONSTRAINT rate_limits_unique_name UNIQUE (tenant_id, application_id, unique_name),
    FOREIGN KEY (tenant_id, application_id) REFERENCES applications (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE rate_limit_buckets (
    tenant_id uuid NOT NULL,
    application_id uuid NOT NULL,
    rate_limit_id uuid NOT NULL,
    id uuid NOT NULL,
    most integer NOT NULL CHECK (most > 0),
    interval_s integer NOT NULL CHECK (interval_s > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, application_id, rate_limit_id, id),
    CONSTRAINT rate_limit_buckets_interval UNIQUE (tenant_id, application_id, rate_limit_id, interval_s),
    FOREIGN KEY (tenant_id, application_id, rate_limit_id)
        REFERENCES rate_limits (tenant_id, application_id, id) ON DELETE CASCADE
);

ALTER TABLE rate_limits ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rate_limits
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON rate_limits TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON rate_limits TO pinfold_app;

ALTER TABLE rate_limit_buckets ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rate_limit_buckets
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON rate_limit_buckets TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON rate_limit_buckets TO pinfold_app;

CREATE TRIGGER bump_config_version AFTER INSERT OR UPDATE OR DELETE ON rate_limits
    FOR EACH ROW EXECUTE FUNCTION bump_config_version('tenant_id');

CREATE TRIGGER bump_config_version AFTER INSERT OR UPDATE OR DELETE ON rate_limit_buckets
    FOR EACH ROW EXECUTE FUNCTION bump_config_version('tenant_id');
