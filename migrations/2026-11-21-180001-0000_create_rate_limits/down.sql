DROP TABLE rate_limit_buckets;
DROP TABLE rate_limits;
