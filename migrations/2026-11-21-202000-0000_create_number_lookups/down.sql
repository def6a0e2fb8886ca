DROP FUNCTION record_lookup(uuid, bigint, text);
ALTER TABLE usage_days DROP COLUMN lookups;
DROP TABLE number_lookups;
