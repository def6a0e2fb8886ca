-- What Twilio's clients say of countries and of safe numbers. Neither steers anything here: routes choose the way of a
-- message. A safe number is kept as its keyed hash.
CREATE TABLE messaging_configurations (
    tenant_id uuid NOT NULL,
    application_id uuid NOT NULL,
    country text NOT NULL CHECK (country ~ '^([A-Z]{2}|all)$'),
    messaging_service text NOT NULL CHECK (messaging_service ~ '^MG[0-9a-f]{32}$'),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, application_id, country),
    FOREIGN KEY (tenant_id, application_id) REFERENCES applications (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE safe_numbers (
    tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    hash bytea NOT NULL CHECK (octet_length(hash) = 16),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, hash)
);

ALTER TABLE messaging_configurations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON messaging_configurations
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON messaging_configurations TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON messaging_configurations TO pinfold_app;

ALTER TABLE safe_numbers ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON safe_numbers
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON safe_numbers TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON safe_numbers TO pinfold_app;
