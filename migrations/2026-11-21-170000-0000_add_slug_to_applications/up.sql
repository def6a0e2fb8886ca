-- A tenant's short name for an application; null for none. Two tenants may use the same.
ALTER TABLE applications ADD COLUMN slug text CHECK (slug ~ '^[A-Za-z0-9._&-]{3,50}$');
CREATE UNIQUE INDEX applications_slug ON applications (tenant_id, slug);
