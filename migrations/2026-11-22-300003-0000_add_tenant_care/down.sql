DROP FUNCTION continue_offboarding(uuid, integer);
DROP FUNCTION begin_offboarding();
DROP FUNCTION suspend_tenant(uuid, uuid, text);
DROP FUNCTION operator_tenants(uuid);
DROP TABLE offboardings;
REVOKE UPDATE (name) ON tenants FROM pinfold_app;
ALTER TABLE tenants DROP COLUMN suspension_reason, DROP COLUMN suspended_at;
