-- A tenant's rules of the fraud guard; no row, the operator's.
CREATE TABLE fraud_rules (
    tenant_id uuid PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
    rules jsonb NOT NULL CHECK (jsonb_typeof(rules) = 'object'),
    updated_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE fraud_rules ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON fraud_rules
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON fraud_rules TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON fraud_rules TO pinfold_app;
CREATE TRIGGER bump_config_version AFTER INSERT OR UPDATE OR DELETE ON fraud_rules
    FOR EACH ROW EXECUTE FUNCTION bump_config_version('tenant_id');

-- What a tenant allows and blocks by name. A number is kept as its keyed hash and masked.
CREATE TABLE fraud_lists (
    tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    side text NOT NULL CHECK (side IN ('allow', 'block')),
    kind text NOT NULL CHECK (kind IN ('number', 'prefix', 'network')),
    -- The prefix or the network; of a number its masked form.
    shown text NOT NULL CHECK (char_length(shown) BETWEEN 1 AND 64),
    hash bytea CHECK (octet_length(hash) = 16),
    note text CHECK (char_length(note) BETWEEN 1 AND 200),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT fraud_lists_number CHECK ((kind = 'number') = (hash IS NOT NULL))
);
CREATE UNIQUE INDEX fraud_lists_once ON fraud_lists (tenant_id, side, kind, (coalesce(encode(hash, 'hex'), shown)));
ALTER TABLE fraud_lists ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON fraud_lists
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON fraud_lists TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, DELETE ON fraud_lists TO pinfold_app;
CREATE TRIGGER bump_config_version AFTER INSERT OR UPDATE OR DELETE ON fraud_lists
    FOR EACH ROW EXECUTE FUNCTION bump_config_version('tenant_id');

-- The numbers that Twilio's clients call safe are allowed, too.
CREATE TRIGGER bump_config_version AFTER INSERT OR UPDATE OR DELETE ON safe_numbers
    FOR EACH ROW EXECUTE FUNCTION bump_config_version('tenant_id');

-- What the guard decided, with rule, figures and threshold. One row stands for as many sends as came alike within seconds.
CREATE TABLE fraud_decisions (
    tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id text COLLATE "C" NOT NULL,
    happened_at timestamptz NOT NULL,
    action text NOT NULL CHECK (action IN ('recorded', 'blocked')),
    rule text NOT NULL,
    about text NOT NULL,
    channel text NOT NULL,
    pin_id uuid,
    message_id uuid NOT NULL,
    masked text NOT NULL,
    region text,
    sends integer NOT NULL,
    finding jsonb NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX fraud_decisions_newest ON fraud_decisions (tenant_id, happened_at DESC, id DESC);
ALTER TABLE fraud_decisions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON fraud_decisions
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON fraud_decisions TO CURRENT_USER USING (true) WITH CHECK (true);
-- Written by record_fraud_decisions() only.
GRANT SELECT ON fraud_decisions TO pinfold_app;

SELECT audit_changes_of('fraud_rules', 'fraud_rules', 'tenant_id');
SELECT audit_changes_of('fraud_lists', 'fraud_entry', 'id');
