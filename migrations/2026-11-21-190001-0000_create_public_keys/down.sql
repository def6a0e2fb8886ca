CREATE OR REPLACE FUNCTION tenant_of_api_key(key_hash bytea) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    RETURN (SELECT tenant_id FROM api_keys WHERE hash = key_hash AND revoked_at IS NULL);
DROP TABLE public_keys;
