DROP FUNCTION take_traffic_turn(bigint);
DROP FUNCTION end_traffic_turn(bigint, bigint);
ALTER TABLE traffic_state DROP COLUMN due_at, DROP COLUMN late_due_at;
