DROP TABLE passkeys, recovery_codes, login_totps;
DROP FUNCTION session_of(bytea, integer);
DROP TABLE sessions;
