ALTER TABLE messages DROP COLUMN fallback;
