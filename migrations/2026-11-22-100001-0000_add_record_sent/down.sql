DROP FUNCTION record_sent(
    uuid[], uuid[], integer[], text[], timestamptz[], uuid[], text[], timestamptz[], timestamptz[], bytea[], uuid[], text[],
    integer[], jsonb[], integer[], date[], text[], bigint[], bigint[]);
