DROP FUNCTION mark_lapsed(uuid[], uuid[], timestamptz[]);
DROP FUNCTION lapsed_verifications(timestamptz, integer);
DROP INDEX verifications_open;
ALTER TABLE verifications DROP COLUMN lapsed_at;
