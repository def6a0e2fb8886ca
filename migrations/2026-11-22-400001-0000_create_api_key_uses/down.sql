DROP FUNCTION note_key_uses(uuid[], uuid[], timestamptz[]);
DROP TABLE api_key_uses;
