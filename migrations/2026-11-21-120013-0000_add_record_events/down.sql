DROP FUNCTION record_events(
    text[], timestamptz[], uuid[], uuid[], text[], text[], timestamptz[], timestamptz[], uuid[], bytea[], smallint[],
    smallint[], uuid[], text[], integer[], text[]);
