DROP TABLE tenant_keys;
DROP TABLE tenants;
