-- People of a tenant, and the authenticator apps that they enrolled. `sealed` is an app's secret, bound to its factor;
-- `last_used` the step of its last success, below which no code is good again.
CREATE TABLE entities (
    tenant_id uuid NOT NULL,
    application_id uuid NOT NULL,
    id uuid NOT NULL,
    identity text NOT NULL CHECK (char_length(identity) BETWEEN 8 AND 64),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, application_id, id),
    CONSTRAINT entities_identity UNIQUE (tenant_id, application_id, identity),
    FOREIGN KEY (tenant_id, application_id) REFERENCES applications (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE factors (
    tenant_id uuid NOT NULL,
    application_id uuid NOT NULL,
    entity_id uuid NOT NULL,
    id uuid NOT NULL,
    friendly_name text NOT NULL CHECK (char_length(friendly_name) BETWEEN 1 AND 64),
    is_verified boolean NOT NULL DEFAULT false,
    totp jsonb NOT NULL CHECK (jsonb_typeof(totp) = 'object'),
    metadata jsonb,
    sealed bytea NOT NULL,
    last_used bigint,
    failures smallint NOT NULL DEFAULT 0,
    locks smallint NOT NULL DEFAULT 0,
    locked_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, application_id, entity_id, id),
    FOREIGN KEY (tenant_id, application_id, entity_id)
        REFERENCES entities (tenant_id, application_id, id) ON DELETE CASCADE
);

CREATE TABLE challenges (
    tenant_id uuid NOT NULL,
    application_id uuid NOT NULL,
    entity_id uuid NOT NULL,
    factor_id uuid NOT NULL,
    id uuid NOT NULL,
    details jsonb,
    hidden_details jsonb,
    metadata jsonb,
    expires_at timestamptz NOT NULL,
    approved_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, application_id, entity_id, id),
    FOREIGN KEY (tenant_id, application_id, entity_id, factor_id)
        REFERENCES factors (tenant_id, application_id, entity_id, id) ON DELETE CASCADE
);
CREATE INDEX challenges_of_factor ON challenges (tenant_id, application_id, entity_id, factor_id);

ALTER TABLE entities ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON entities
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON entities TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON entities TO pinfold_app;

ALTER TABLE factors ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON factors
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON factors TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON factors TO pinfold_app;

ALTER TABLE challenges ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON challenges
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON challenges TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON challenges TO pinfold_app;
