DROP FUNCTION spend_attempt(bytea, integer, bigint, bigint);
DROP TABLE person_mails, person_attempts, password_resets, sign_ups;
