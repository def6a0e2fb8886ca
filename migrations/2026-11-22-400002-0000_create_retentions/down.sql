DROP FUNCTION purge_subjects(timestamptz, integer, integer);
DROP FUNCTION redact_subjects(bytea[]);
DROP FUNCTION no_subject();
DROP TABLE retentions;
