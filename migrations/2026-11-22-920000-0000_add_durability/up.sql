-- What must have happened before an application's answers are given.
ALTER TABLE applications ADD COLUMN durability text NOT NULL DEFAULT 'standard' CHECK (durability IN ('standard', 'strict'));
