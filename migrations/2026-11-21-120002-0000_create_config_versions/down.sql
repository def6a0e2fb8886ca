DROP TRIGGER bump_config_version ON tenant_keys;
DROP TRIGGER bump_config_version ON tenants;
DROP FUNCTION bump_config_version();
DROP TABLE config_versions;
