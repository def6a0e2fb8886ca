DROP FUNCTION open_tenant(uuid, text, text, bytea, integer, uuid, integer);
DROP FUNCTION memberships_of(uuid);
DROP FUNCTION tenant_of_invitation(bytea);
DROP TABLE invitations, memberships, operators, people;
