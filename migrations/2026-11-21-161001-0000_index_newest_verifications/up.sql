-- A tenant's verifications, newest first, page by page. Filters are judged on the way: most pages are full within a day.
CREATE INDEX verifications_newest ON verifications (tenant_id, created_at, pin_id);
