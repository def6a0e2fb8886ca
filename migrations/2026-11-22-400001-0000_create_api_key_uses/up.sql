-- When a key was last used, to the minute. Beside the keys, because a use is no change of them: nobody's copy grows stale.
CREATE TABLE api_key_uses (
    tenant_id uuid NOT NULL,
    api_key_id uuid NOT NULL,
    used_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, api_key_id),
    FOREIGN KEY (tenant_id, api_key_id) REFERENCES api_keys (tenant_id, id) ON DELETE CASCADE
);
ALTER TABLE api_key_uses ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON api_key_uses
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON api_key_uses TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT ON api_key_uses TO pinfold_app;

-- Notes uses of keys of any tenants; later ones win, and keys that are gone are passed over.
CREATE FUNCTION note_key_uses(owners uuid[], keys uuid[], used_ats timestamptz[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    BEGIN ATOMIC
        INSERT INTO api_key_uses AS known (tenant_id, api_key_id, used_at)
        SELECT input.owner, input.key, max(input.used_at)
        FROM unnest(owners, keys, used_ats) AS input (owner, key, used_at)
        JOIN api_keys AS k ON k.tenant_id = input.owner AND k.id = input.key
        GROUP BY input.owner, input.key
        ORDER BY input.owner, input.key
        ON CONFLICT (tenant_id, api_key_id) DO UPDATE SET used_at = greatest(known.used_at, EXCLUDED.used_at);
    END;
REVOKE ALL ON FUNCTION note_key_uses(uuid[], uuid[], timestamptz[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION note_key_uses(uuid[], uuid[], timestamptz[]) TO pinfold_app;
