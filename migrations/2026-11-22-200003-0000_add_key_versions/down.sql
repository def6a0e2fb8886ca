ALTER TABLE signing_keys DROP COLUMN master_version;
ALTER TABLE tenant_keys DROP COLUMN seals, DROP COLUMN master_version;
