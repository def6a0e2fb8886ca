ALTER TABLE applications DROP COLUMN durability;
