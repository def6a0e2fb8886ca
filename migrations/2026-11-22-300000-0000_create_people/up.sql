-- People who use the console. They belong to no tenant: what they may do where stands in `memberships`. `email` is where mail goes,
-- `email_key` the form under which an address is one mailbox. `password` is argon2id as a PHC string.
CREATE TABLE people (
    id uuid PRIMARY KEY,
    email text NOT NULL CHECK (char_length(email) BETWEEN 3 AND 254),
    email_key text NOT NULL UNIQUE CHECK (char_length(email_key) BETWEEN 3 AND 254),
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 255),
    password text NOT NULL CHECK (password LIKE '$argon2id$%'),
    created_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE ON people TO pinfold_app;

-- Those of them who run the platform. Named on the machine alone, as the owner.
CREATE TABLE operators (
    person_id uuid PRIMARY KEY REFERENCES people (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT ON operators TO pinfold_app;

CREATE TABLE memberships (
    tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    role text NOT NULL CHECK (role IN ('owner', 'admin', 'developer', 'analyst', 'viewer')),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, person_id)
);
-- What a person is a member of is asked across tenants.
CREATE INDEX memberships_of_person ON memberships (person_id);

-- Somebody is asked to become a member. The token is known by its keyed hash only.
CREATE TABLE invitations (
    tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    email text NOT NULL CHECK (char_length(email) BETWEEN 3 AND 254),
    email_key text NOT NULL,
    role text NOT NULL CHECK (role IN ('owner', 'admin', 'developer', 'analyst', 'viewer')),
    hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    invited_by text NOT NULL CHECK (char_length(invited_by) <= 255),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX invitations_of_address ON invitations (tenant_id, email_key);

ALTER TABLE memberships ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON memberships
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON memberships TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON memberships TO pinfold_app;

ALTER TABLE invitations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON invitations
    USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
CREATE POLICY owner ON invitations TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON invitations TO pinfold_app;

-- Whose invitation has this hash.
CREATE FUNCTION tenant_of_invitation(invitation_hash bytea) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    RETURN (SELECT tenant_id FROM invitations WHERE hash = invitation_hash AND expires_at > now());

-- Where a person is a member.
CREATE FUNCTION memberships_of(person uuid)
    RETURNS TABLE (tenant_id uuid, slug text, name text, role text, is_enabled boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    BEGIN ATOMIC
        SELECT t.id, t.slug, t.name, m.role, t.is_enabled
        FROM memberships AS m JOIN tenants AS t ON t.id = m.tenant_id WHERE m.person_id = person ORDER BY m.created_at, t.slug;
    END;

-- A tenant of its own for a person, who owns it, with its first data key. False when the slug is taken; an error when the person
-- owns as many as one may.
CREATE FUNCTION open_tenant(new_id uuid, new_slug text, new_name text, sealed_key bytea, sealed_by integer, person uuid, most integer)
    RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM FROM people WHERE id = person FOR UPDATE;
    IF (SELECT count(*) FROM memberships AS m WHERE m.person_id = person AND m.role = 'owner') >= most THEN
        RAISE check_violation USING MESSAGE = 'too many tenants', CONSTRAINT = 'most_tenants';
    END IF;
    INSERT INTO tenants (id, slug, name) VALUES (new_id, new_slug, new_name) ON CONFLICT (slug) DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO tenant_keys (tenant_id, version, sealed, master_version) VALUES (new_id, 1, sealed_key, sealed_by);
    INSERT INTO memberships (tenant_id, person_id, role) VALUES (new_id, person, 'owner');
    RETURN true;
END
$$;

REVOKE ALL ON FUNCTION tenant_of_invitation(bytea), memberships_of(uuid),
    open_tenant(uuid, text, text, bytea, integer, uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenant_of_invitation(bytea), memberships_of(uuid),
    open_tenant(uuid, text, text, bytea, integer, uuid, integer) TO pinfold_app;

SELECT audit_changes_of('memberships', 'member', 'person_id');
SELECT audit_changes_of('invitations', 'invitation', 'id', hidden => 'email,email_key');
SELECT audit_changes_of('people', 'person', 'id', tenant_column => '', hidden => 'email,email_key,password');
SELECT audit_changes_of('operators', 'operator', 'person_id', tenant_column => '');
