DROP FUNCTION list_tenants();
DROP FUNCTION config_versions_of(uuid[]);
DROP FUNCTION tenant_of_api_key(bytea);
