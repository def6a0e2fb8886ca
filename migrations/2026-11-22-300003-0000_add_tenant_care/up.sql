ALTER TABLE tenants ADD COLUMN suspended_at timestamptz;
ALTER TABLE tenants ADD COLUMN suspension_reason text CHECK (char_length(suspension_reason) BETWEEN 1 AND 1000);
GRANT UPDATE (name) ON tenants TO pinfold_app;

-- Tenants that leave. Kept as the report of what was removed, which names nothing of theirs but their slug.
CREATE TABLE offboardings (
    id uuid PRIMARY KEY,
    slug text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    removed jsonb NOT NULL DEFAULT '{}',
    redis_keys bigint NOT NULL DEFAULT 0
);
GRANT SELECT ON offboardings TO pinfold_app;
GRANT UPDATE (redis_keys) ON offboardings TO pinfold_app;

-- What operators see of every tenant. Nothing for whoever is none.
CREATE FUNCTION operator_tenants(operator uuid)
    RETURNS TABLE (id uuid, slug text, name text, is_enabled boolean, created_at timestamptz, suspended_at timestamptz,
        suspension_reason text, members bigint, applications bigint, api_keys bigint, sends bigint, verified bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    BEGIN ATOMIC
        SELECT t.id, t.slug, t.name, t.is_enabled, t.created_at, t.suspended_at, t.suspension_reason,
            (SELECT count(*) FROM memberships AS m WHERE m.tenant_id = t.id),
            (SELECT count(*) FROM applications AS a WHERE a.tenant_id = t.id),
            (SELECT count(*) FROM api_keys AS k WHERE k.tenant_id = t.id AND k.revoked_at IS NULL),
            (SELECT count(*) FROM verifications AS v WHERE v.tenant_id = t.id AND v.created_at > now() - interval '1 day'),
            (SELECT count(*) FROM verifications AS v WHERE v.tenant_id = t.id AND v.created_at > now() - interval '1 day'
                AND v.verified_at IS NOT NULL)
        FROM tenants AS t WHERE EXISTS (SELECT FROM operators AS o WHERE o.person_id = operator) ORDER BY t.slug;
    END;

-- Suspends a tenant, or lets it work again when no reason is given. False when there is no such tenant, or the person is no operator.
CREATE FUNCTION suspend_tenant(operator uuid, tenant uuid, reason text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    UPDATE tenants SET is_enabled = reason IS NULL, suspended_at = CASE WHEN reason IS NULL THEN NULL ELSE now() END,
        suspension_reason = reason
    WHERE id = tenant AND EXISTS (SELECT FROM operators AS o WHERE o.person_id = operator)
        AND NOT EXISTS (SELECT FROM offboardings AS f WHERE f.id = tenant);
    RETURN FOUND;
END
$$;

-- Begins to remove a tenant, which is closed from then on. Only as that tenant.
CREATE FUNCTION begin_offboarding() RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    leaving uuid := nullif(current_setting('app.tenant', true), '')::uuid;
BEGIN
    INSERT INTO offboardings (id, slug) SELECT id, slug FROM tenants WHERE id = leaving ON CONFLICT (id) DO NOTHING;
    UPDATE tenants SET is_enabled = false, suspended_at = now(), suspension_reason = 'leaving' WHERE id = leaving;
    RETURN FOUND;
END
$$;

-- Removes some rows of a tenant that leaves: of tables that many refer to by time at most `most` at once, the rest together with the
-- tenant. True when nothing is left; it may be called again whenever it was interrupted.
CREATE FUNCTION continue_offboarding(leaving uuid, most integer) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    report jsonb;
    part record;
    gone bigint;
    budget bigint := most;
    is_again boolean;
BEGIN
    SELECT removed INTO report FROM offboardings WHERE id = leaving AND finished_at IS NULL FOR UPDATE;
    IF NOT FOUND THEN
        RETURN EXISTS (SELECT FROM offboardings WHERE id = leaving);
    END IF;
    -- What keeps others from changing rows lets them go when their tenant does.
    PERFORM set_config('app.offboarding', leaving::text, true);
    -- Partitions and large tables in small steps. Nothing refers to their rows but what goes with them.
    FOR part IN
        SELECT c.oid::regclass AS leaf, coalesce(root.relname, c.relname)::text AS name
        FROM pg_class AS c
        LEFT JOIN pg_inherits AS i ON i.inhrelid = c.oid
        LEFT JOIN pg_class AS root ON root.oid = i.inhparent
        JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
            AND (root.oid IS NOT NULL OR c.relname IN ('receipts', 'webhook_attempts', 'webhook_messages'))
        ORDER BY c.relname = 'webhook_messages', c.relname
    LOOP
        EXECUTE format('DELETE FROM %s WHERE ctid = ANY (ARRAY(SELECT ctid FROM %s WHERE tenant_id = $1 LIMIT $2))',
            part.leaf, part.leaf) USING leaving, budget;
        GET DIAGNOSTICS gone = ROW_COUNT;
        IF gone > 0 THEN
            report := report || jsonb_build_object(part.name, coalesce((report ->> part.name)::bigint, 0) + gone);
            budget := budget - gone;
        END IF;
        IF budget <= 0 THEN
            UPDATE offboardings SET removed = report WHERE id = leaving;
            RETURN false;
        END IF;
    END LOOP;
    FOR part IN
        SELECT c.oid::regclass AS leaf, c.relname::text AS name
        FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    LOOP
        EXECUTE format('SELECT count(*) FROM %s WHERE tenant_id = $1', part.leaf) INTO gone USING leaving;
        IF gone > 0 THEN
            report := report || jsonb_build_object(part.name, coalesce((report ->> part.name)::bigint, 0) + gone);
        END IF;
    END LOOP;
    -- Everything of a tenant refers to it and goes with it. What its own things refer to goes behind them: the next round finds it.
    FOR round IN 1..10 LOOP
        is_again := false;
        FOR part IN
            SELECT c.oid::regclass AS leaf
            FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
                AND c.relname NOT LIKE 'audit%'
        LOOP
            BEGIN
                EXECUTE format('DELETE FROM %s WHERE tenant_id = $1', part.leaf) USING leaving;
            EXCEPTION WHEN foreign_key_violation THEN
                is_again := true;
            END;
        END LOOP;
        EXIT WHEN NOT is_again;
    END LOOP;
    DELETE FROM tenants WHERE id = leaving;
    FOR part IN
        SELECT c.oid::regclass AS leaf, c.relname::text AS name
        FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    LOOP
        EXECUTE format('DELETE FROM %s WHERE tenant_id = $1', part.leaf) USING leaving;
    END LOOP;
    UPDATE offboardings SET removed = report || '{"tenants": 1}', finished_at = now() WHERE id = leaving;
    RETURN true;
END
$$;

REVOKE ALL ON FUNCTION operator_tenants(uuid), suspend_tenant(uuid, uuid, text), begin_offboarding(),
    continue_offboarding(uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION operator_tenants(uuid), suspend_tenant(uuid, uuid, text), begin_offboarding(),
    continue_offboarding(uuid, integer) TO pinfold_app;
