-- The steps that follow when a template's message does not reach its person; null for none.
ALTER TABLE messages ADD COLUMN fallback jsonb CHECK (jsonb_typeof(fallback) = 'array');
