DROP FUNCTION condense_traffic(timestamptz, timestamptz);
DROP FUNCTION traffic_gap();
DROP FUNCTION roll_up_traffic(timestamptz, timestamptz);
DROP TABLE traffic_state;
DROP TABLE traffic;
