DROP FUNCTION drop_partitions(date);
DROP FUNCTION create_partitions(date, integer);
