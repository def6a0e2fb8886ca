-- Texts under a name of the tenant's, one for each channel and locale: what a dialect calls a template, and its fragments. A
-- text is kept as it was written, with the dialect's placeholders.
CREATE TABLE template_sets (
    tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 64),
    is_default boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, name)
);
CREATE UNIQUE INDEX template_sets_default ON template_sets (tenant_id) WHERE is_default;

CREATE TABLE template_fragments (
    tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    template_set_id uuid NOT NULL,
    channel text NOT NULL CHECK (channel IN ('sms', 'voice')),
    locale text NOT NULL CHECK (locale ~ '^[a-z]{2}-[a-z]{2}$'),
    text text NOT NULL CHECK (char_length(text) BETWEEN 1 AND 2000),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, template_set_id, channel, locale),
    -- One with texts is not deleted: they would go unseen.
    FOREIGN KEY (tenant_id, template_set_id) REFERENCES template_sets (tenant_id, id)
);

ALTER TABLE template_sets ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON template_sets
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON template_sets TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON template_sets TO pinfold_app;

ALTER TABLE template_fragments ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON template_fragments
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON template_fragments TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON template_fragments TO pinfold_app;

CREATE TRIGGER bump_config_version AFTER INSERT OR UPDATE OR DELETE ON template_sets
    FOR EACH ROW EXECUTE FUNCTION bump_config_version('tenant_id');
CREATE TRIGGER bump_config_version AFTER INSERT OR UPDATE OR DELETE ON template_fragments
    FOR EACH ROW EXECUTE FUNCTION bump_config_version('tenant_id');
