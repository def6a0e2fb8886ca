-- How much a connection takes; what is not set is not limited.
ALTER TABLE connections
    ADD COLUMN max_per_second integer CHECK (max_per_second BETWEEN 1 AND 10000),
    ADD COLUMN deadline_ms integer CHECK (deadline_ms BETWEEN 100 AND 10000),
    ADD COLUMN max_concurrency integer CHECK (max_concurrency BETWEEN 1 AND 4096);
