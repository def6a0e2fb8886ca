ALTER TABLE connections DROP COLUMN max_per_second, DROP COLUMN deadline_ms, DROP COLUMN max_concurrency;
