DROP FUNCTION prune_receipts(timestamptz, integer);
DROP FUNCTION take_polls(text[], integer);
DROP FUNCTION tell_receipts(uuid, uuid, text[], integer);
DROP FUNCTION store_receipts(uuid, uuid, text[], text[], text[], timestamptz[], bigint[], text[]);
DROP TABLE receipts;
DROP FUNCTION receipt_outcome(text);
DROP FUNCTION receipt_rank(text);
DROP INDEX deliveries_of_provider;
ALTER TABLE connections DROP COLUMN receipt_generation;
