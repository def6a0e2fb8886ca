-- How a tenant's people sign in at its own OpenID provider. The client secret is sealed with the tenant's keys. Without
-- `new_members_role` nobody new comes in; without `allowed_domains` any address does.
CREATE TABLE single_sign_ons (
    tenant_id uuid PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
    issuer text NOT NULL CHECK (char_length(issuer) BETWEEN 8 AND 512),
    client_id text NOT NULL CHECK (char_length(client_id) BETWEEN 1 AND 255),
    sealed_secret bytea NOT NULL CHECK (octet_length(sealed_secret) BETWEEN 29 AND 2048),
    new_members_role text CHECK (new_members_role IN ('admin', 'developer', 'analyst', 'viewer')),
    allowed_domains text[] NOT NULL DEFAULT '{}' CHECK (cardinality(allowed_domains) <= 50)
);
ALTER TABLE single_sign_ons ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON single_sign_ons
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON single_sign_ons TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON single_sign_ons TO pinfold_app;
SELECT audit_changes_of('single_sign_ons', 'single_sign_on', 'tenant_id');

-- A managed person comes in by their tenant's provider alone, which knows them by issuer and subject. They have no password, and an
-- `email_key` that is no mailbox: what finds people by their address never finds them.
ALTER TABLE people ALTER COLUMN password DROP NOT NULL;
ALTER TABLE people ADD COLUMN managed_by uuid REFERENCES tenants (id) ON DELETE CASCADE;
ALTER TABLE people ADD COLUMN issuer text;
ALTER TABLE people ADD COLUMN subject text CHECK (char_length(subject) BETWEEN 1 AND 255);
ALTER TABLE people ADD CONSTRAINT people_managed CHECK (
    num_nulls(managed_by, issuer, subject) IN (0, 3) AND (managed_by IS NULL) = (password IS NOT NULL)
    AND (managed_by IS NULL OR email_key = 'sso:' || id)
);
CREATE UNIQUE INDEX people_of_provider ON people (managed_by, issuer, subject);
DROP TRIGGER audit_change ON people;
SELECT audit_changes_of('people', 'person', 'id', tenant_column => '', hidden => 'email,email_key,password,subject');

-- A provider answers for its own tenant: who comes by it is a member of that one, and never its owner,
CREATE FUNCTION check_managed_member() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM people AS p WHERE p.id = NEW.person_id AND p.managed_by IS NOT NULL
            AND (p.managed_by <> NEW.tenant_id OR NEW.role = 'owner')) THEN
        RAISE check_violation USING MESSAGE = 'a managed person', CONSTRAINT = 'managed_people';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER managed_people BEFORE INSERT OR UPDATE ON memberships FOR EACH ROW EXECUTE FUNCTION check_managed_member();

-- and never runs the platform.
CREATE FUNCTION check_managed_operator() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM people AS p WHERE p.id = NEW.person_id AND p.managed_by IS NOT NULL) THEN
        RAISE check_violation USING MESSAGE = 'a managed person', CONSTRAINT = 'managed_people';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER managed_people BEFORE INSERT OR UPDATE ON operators FOR EACH ROW EXECUTE FUNCTION check_managed_operator();

-- Who is removed as a member is forgotten with all their sessions.
CREATE FUNCTION forget_managed_person() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    DELETE FROM people WHERE id = OLD.person_id AND managed_by = OLD.tenant_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER forget_managed_person AFTER DELETE ON memberships FOR EACH ROW EXECUTE FUNCTION forget_managed_person();
REVOKE ALL ON FUNCTION check_managed_member(), check_managed_operator(), forget_managed_person() FROM PUBLIC;
