-- The only questions the service may ask across tenants. Each gives no more than what its caller needs to go on as
-- one tenant.

-- Whose key has this hash; nothing for unknown and revoked keys alike.
CREATE FUNCTION tenant_of_api_key(key_hash bytea) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    RETURN (SELECT tenant_id FROM api_keys WHERE hash = key_hash AND revoked_at IS NULL);

-- The configuration versions of those of the tenants that exist.
CREATE FUNCTION config_versions_of(tenant_ids uuid[]) RETURNS TABLE (tenant_id uuid, version bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    BEGIN ATOMIC
        SELECT v.tenant_id, v.version FROM config_versions AS v WHERE v.tenant_id = ANY (tenant_ids);
    END;

-- Every tenant, for the operator's commands.
CREATE FUNCTION list_tenants() RETURNS TABLE (id uuid, slug text, name text, is_enabled boolean, created_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    BEGIN ATOMIC
        SELECT t.id, t.slug, t.name, t.is_enabled, t.created_at FROM tenants AS t ORDER BY t.slug;
    END;

REVOKE ALL ON FUNCTION tenant_of_api_key(bytea), config_versions_of(uuid[]), list_tenants() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenant_of_api_key(bytea), config_versions_of(uuid[]), list_tenants() TO pinfold_app;
