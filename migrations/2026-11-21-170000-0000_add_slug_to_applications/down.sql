ALTER TABLE applications DROP COLUMN slug;
