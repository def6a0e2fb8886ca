-- The audit log: one chain of entries for each tenant, and one, of the tenant zero, for the platform. An entry's hash covers
-- its payload and the hash before it, so that nothing in the middle can change without all that follows; checkpoints
-- taken to another place hold the end. What is hashed is the text of `payload`; the other columns are read from it.
CREATE TABLE audit_heads (
    tenant_id uuid PRIMARY KEY,
    sequence bigint NOT NULL CHECK (sequence >= 0),
    hash bytea NOT NULL CHECK (octet_length(hash) = 32)
);

CREATE TABLE audit_entries (
    tenant_id uuid NOT NULL,
    sequence bigint NOT NULL CHECK (sequence > 0),
    payload text NOT NULL CHECK (payload::jsonb ? 'at_ms'),
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    at_ms bigint GENERATED ALWAYS AS ((payload::jsonb ->> 'at_ms')::bigint) STORED,
    actor text GENERATED ALWAYS AS (payload::jsonb ->> 'actor') STORED,
    action text GENERATED ALWAYS AS (payload::jsonb ->> 'action') STORED,
    object text GENERATED ALWAYS AS (payload::jsonb ->> 'object') STORED,
    object_id text GENERATED ALWAYS AS (payload::jsonb ->> 'object_id') STORED,
    PRIMARY KEY (tenant_id, sequence)
);
CREATE INDEX audit_entries_at ON audit_entries (tenant_id, at_ms);
CREATE INDEX audit_entries_of_object ON audit_entries (tenant_id, object, object_id, sequence);
CREATE INDEX audit_entries_of_actor ON audit_entries (tenant_id, actor, sequence);

ALTER TABLE audit_heads ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit_heads
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON audit_heads TO CURRENT_USER USING (true) WITH CHECK (true);
ALTER TABLE audit_entries ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit_entries
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON audit_entries TO CURRENT_USER USING (true) WITH CHECK (true);
-- The service reads. What it adds goes through functions; nothing it may do changes or removes an entry.
GRANT SELECT ON audit_heads, audit_entries TO pinfold_app;

-- Adds an entry at the end of a chain. Writers of one chain wait for each other at its head. Who acts, from where and in
-- which request stands in `app.acting`, which the service sets for each transaction.
CREATE FUNCTION audit_append(chain uuid, told jsonb) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    acting jsonb := coalesce(nullif(current_setting('app.acting', true), '')::jsonb, '{"actor": "system"}');
    head audit_heads;
    entry text;
    digest bytea;
BEGIN
    LOOP
        SELECT * INTO head FROM audit_heads WHERE tenant_id = chain FOR UPDATE;
        EXIT WHEN FOUND;
        INSERT INTO audit_heads (tenant_id, sequence, hash)
        VALUES (chain, 0, decode(repeat('00', 32), 'hex')) ON CONFLICT DO NOTHING;
    END LOOP;
    entry := (acting || jsonb_strip_nulls(told) || jsonb_build_object(
        'tenant', public_id(chain), 'sequence', head.sequence + 1,
        'at_ms', floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint))::text;
    digest := sha256(head.hash || convert_to(entry, 'UTF8'));
    INSERT INTO audit_entries (tenant_id, sequence, payload, hash) VALUES (chain, head.sequence + 1, entry, digest);
    UPDATE audit_heads SET sequence = head.sequence + 1, hash = digest WHERE tenant_id = chain;
    RETURN head.sequence + 1;
END
$$;
REVOKE ALL ON FUNCTION audit_append(uuid, jsonb) FROM PUBLIC;

-- Tells of what changes no row, in the chain of the transaction's tenant.
CREATE FUNCTION audit_note(action text, object text, object_id text, detail jsonb) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    chain uuid := nullif(current_setting('app.tenant', true), '')::uuid;
BEGIN
    IF chain IS NULL THEN
        RAISE EXCEPTION 'an entry of the audit log needs a tenant' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN audit_append(chain, jsonb_build_object(
        'action', action, 'object', object, 'object_id', object_id, 'detail', detail));
END
$$;
REVOKE ALL ON FUNCTION audit_note(text, text, text, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_note(text, text, text, jsonb) TO pinfold_app;

-- What an entry shows of a row: secrets by name only, addresses without what may be a secret in them, nothing empty.
CREATE FUNCTION audit_shown(shown jsonb, hidden text[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp
    RETURN (
        SELECT coalesce(jsonb_object_agg(field.key, CASE
            WHEN field.key = ANY (hidden) THEN '"hidden"'
            WHEN field.key = 'url' AND jsonb_typeof(field.value) = 'string'
                THEN to_jsonb(regexp_replace(regexp_replace(field.value #>> '{}', '//[^/@]*@', '//'), '[?#].*$', ''))
            ELSE field.value
        END), '{}')
        FROM jsonb_each(shown) AS field
        WHERE field.value <> 'null'
    );
REVOKE ALL ON FUNCTION audit_shown(jsonb, text[]) FROM PUBLIC;

-- Tells of a changed row, in the transaction that changes it: whatever code does so, it cannot do so silently.
-- Arguments: what it is called; the column of the tenant, empty for the platform's tables; columns of its id; columns that
-- are shown by name only, beside all of the type bytea; columns that do not count when nothing else changes.
CREATE FUNCTION audit_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    before jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    after jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    any_row jsonb := coalesce(after, before);
    platform CONSTANT uuid := '00000000-0000-0000-0000-000000000000';
    owner uuid := coalesce((any_row ->> nullif(TG_ARGV[1], ''))::uuid, platform);
    ignored text[] := string_to_array(TG_ARGV[4], ',');
    hidden text[];
    told jsonb;
BEGIN
    IF TG_OP = 'UPDATE' AND before <> after AND before - ignored = after - ignored THEN
        RETURN NULL;
    END IF;
    SELECT string_to_array(TG_ARGV[3], ',') || coalesce(array_agg(attname::text), '{}') INTO hidden
    FROM pg_attribute WHERE attrelid = TG_RELID AND atttypid = 'bytea'::regtype AND attnum > 0 AND NOT attisdropped;
    told := jsonb_build_object(
        'action', CASE TG_OP WHEN 'INSERT' THEN 'created' WHEN 'UPDATE' THEN 'updated' ELSE 'deleted' END,
        'object', TG_ARGV[0],
        'object_id', (
            SELECT string_agg(CASE
                WHEN any_row ->> name ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN upper(replace(any_row ->> name, '-', ''))
                ELSE any_row ->> name END, '/' ORDER BY nth)
            FROM unnest(string_to_array(TG_ARGV[2], ',')) WITH ORDINALITY AS id (name, nth)));
    IF TG_OP = 'UPDATE' THEN
        told := told || (
            SELECT jsonb_build_object(
                'before', audit_shown(coalesce(jsonb_object_agg(name, before -> name), '{}'), hidden),
                'after', audit_shown(coalesce(jsonb_object_agg(name, after -> name), '{}'), hidden))
            FROM jsonb_object_keys(after) AS name
            WHERE before -> name IS DISTINCT FROM after -> name AND name <> ALL (ignored));
    ELSE
        told := told || jsonb_build_object(
            CASE TG_OP WHEN 'INSERT' THEN 'after' ELSE 'before' END, audit_shown(any_row - TG_ARGV[1] - ignored, hidden));
    END IF;
    IF TG_TABLE_NAME = 'tenants' AND TG_OP <> 'UPDATE' THEN
        -- Tenants come and go in the platform's chain; their own goes with them.
        PERFORM audit_append(platform, told || jsonb_build_object('closed_with', (
            SELECT jsonb_build_object('sequence', h.sequence, 'hash', encode(h.hash, 'hex'))
            FROM audit_heads AS h WHERE h.tenant_id = owner AND TG_OP = 'DELETE')));
        IF TG_OP = 'DELETE' THEN
            DELETE FROM audit_entries WHERE tenant_id = owner;
            DELETE FROM audit_heads WHERE tenant_id = owner;
        END IF;
    END IF;
    -- What goes with its tenant is told with the tenant.
    IF owner = platform OR EXISTS (SELECT FROM tenants WHERE id = owner) THEN
        PERFORM audit_append(owner, told);
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION audit_change() FROM PUBLIC;

-- Has a table's changes told: for migrations.
CREATE FUNCTION audit_changes_of(
    changed regclass, object text, id_columns text,
    tenant_column text DEFAULT 'tenant_id', hidden text DEFAULT '', ignored text DEFAULT ''
) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    EXECUTE format(
        'CREATE TRIGGER audit_change AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION audit_change(%L, %L, %L, %L, %L)',
        changed, object, tenant_column, id_columns, hidden, ignored);
END
$$;
REVOKE ALL ON FUNCTION audit_changes_of(regclass, text, text, text, text, text) FROM PUBLIC;

SELECT audit_changes_of('tenants', 'tenant', 'id', tenant_column => 'id');
SELECT audit_changes_of('tenant_keys', 'tenant_key', 'version');
SELECT audit_changes_of('signing_keys', 'signing_key', 'kid', tenant_column => '');
SELECT audit_changes_of('applications', 'application', 'id');
SELECT audit_changes_of('messages', 'message', 'id');
SELECT audit_changes_of('connections', 'connection', 'id');
SELECT audit_changes_of('routes', 'default_route', 'channel');
SELECT audit_changes_of('prefix_routes', 'route', 'channel,prefix');
SELECT audit_changes_of('route_legs', 'route_leg', 'channel,prefix,place');
SELECT audit_changes_of('api_keys', 'api_key', 'id', ignored => 'last_used_at');
SELECT audit_changes_of('public_keys', 'public_key', 'application_id');
SELECT audit_changes_of('webhook_endpoints', 'webhook_endpoint', 'id', ignored => 'failing_since');
SELECT audit_changes_of('service_settings', 'service', 'application_id');
SELECT audit_changes_of('rate_limits', 'rate_limit', 'application_id,id');
SELECT audit_changes_of('rate_limit_buckets', 'rate_limit_bucket', 'rate_limit_id,id');
SELECT audit_changes_of('messaging_configurations', 'messaging_configuration', 'application_id,country');
SELECT audit_changes_of('safe_numbers', 'safe_number', 'hash');
SELECT audit_changes_of('origins', 'origin', 'origin');
SELECT audit_changes_of('template_sets', 'template_set', 'id');
SELECT audit_changes_of('template_fragments', 'template_fragment', 'template_set_id,id');
SELECT audit_changes_of('caps', 'cap', 'application_id');
SELECT audit_changes_of('number_lookups', 'number_lookup', 'connection_id');

-- The ends of all chains: for checkpoints and for whoever verifies all of them.
CREATE FUNCTION audit_heads_of_all() RETURNS TABLE (tenant_id uuid, sequence bigint, hash bytea)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    BEGIN ATOMIC
        SELECT h.tenant_id, h.sequence, h.hash FROM audit_heads AS h ORDER BY h.tenant_id;
    END;

-- When a checkpoint was last taken, by whichever process.
CREATE TABLE audit_checkpoints (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    taken_at timestamptz NOT NULL
);
CREATE FUNCTION claim_audit_checkpoint(every_seconds double precision) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    INSERT INTO audit_checkpoints AS last (taken_at) VALUES (clock_timestamp())
    ON CONFLICT (is_only) DO UPDATE SET taken_at = EXCLUDED.taken_at
    WHERE last.taken_at <= EXCLUDED.taken_at - make_interval(secs => every_seconds);
    RETURN FOUND;
END
$$;
REVOKE ALL ON FUNCTION audit_heads_of_all(), claim_audit_checkpoint(double precision) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_heads_of_all(), claim_audit_checkpoint(double precision) TO pinfold_app;
