-- A person at the console. The cookie's value is known by its keyed hash only. `stage` says what is still missing.
-- `current_tenant_id` is the tenant that the person looks at.
CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    stage text NOT NULL CHECK (stage IN ('second_factor', 'enrolment', 'signed_in')),
    current_tenant_id uuid REFERENCES tenants (id) ON DELETE SET NULL,
    address text NOT NULL CHECK (char_length(address) <= 64),
    user_agent text NOT NULL CHECK (char_length(user_agent) <= 255),
    confirmed_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_of_person ON sessions (person_id, created_at);
CREATE INDEX sessions_of_tenant ON sessions (current_tenant_id);
CREATE INDEX sessions_expired ON sessions (expires_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON sessions TO pinfold_app;

-- Who shows this session, and what they are in the tenant they look at; nothing for one that ended, by time or otherwise. That it
-- was used is noted at most every half minute.
CREATE FUNCTION session_of(session_hash bytea, idle_seconds integer)
    RETURNS TABLE (id uuid, person_id uuid, stage text, tenant_id uuid, role text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    known sessions;
BEGIN
    SELECT * INTO known FROM sessions AS s WHERE s.hash = session_hash
        AND s.expires_at > now() AND s.used_at > now() - idle_seconds * interval '1 second';
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF known.used_at < now() - interval '30 seconds' THEN
        UPDATE sessions AS s SET used_at = now() WHERE s.id = known.id AND s.used_at < now() - interval '30 seconds';
    END IF;
    RETURN QUERY
        SELECT known.id, known.person_id, known.stage, t.id, m.role
        FROM (SELECT 1) AS one
        LEFT JOIN tenants AS t ON t.id = known.current_tenant_id AND t.is_enabled
            AND EXISTS (SELECT FROM memberships AS n WHERE n.tenant_id = t.id AND n.person_id = known.person_id)
        LEFT JOIN memberships AS m ON m.tenant_id = t.id AND m.person_id = known.person_id;
END
$$;
REVOKE ALL ON FUNCTION session_of(bytea, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION session_of(bytea, integer) TO pinfold_app;

-- What a person proves beside the password. Codes are known by their keyed hashes only, secrets are sealed.
CREATE TABLE login_totps (
    person_id uuid PRIMARY KEY REFERENCES people (id) ON DELETE CASCADE,
    sealed bytea NOT NULL,
    master_version integer NOT NULL CHECK (master_version BETWEEN 1 AND 65535),
    is_confirmed boolean NOT NULL DEFAULT false,
    last_used bigint,
    failures smallint NOT NULL DEFAULT 0,
    locks smallint NOT NULL DEFAULT 0,
    locked_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE recovery_codes (
    person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (person_id, hash)
);
CREATE TABLE passkeys (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    credential_id bytea NOT NULL UNIQUE CHECK (octet_length(credential_id) BETWEEN 1 AND 1023),
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 255),
    credential jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at timestamptz
);
CREATE INDEX passkeys_of_person ON passkeys (person_id, created_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON login_totps, passkeys TO pinfold_app;
GRANT SELECT, INSERT, DELETE ON recovery_codes TO pinfold_app;

SELECT audit_changes_of('login_totps', 'authenticator_app', 'person_id', tenant_column => '',
    ignored => 'last_used,failures,locks,locked_until,sealed,master_version');
SELECT audit_changes_of('recovery_codes', 'recovery_code', 'person_id', tenant_column => '');
SELECT audit_changes_of('passkeys', 'passkey', 'id', tenant_column => '', hidden => 'credential', ignored => 'credential,used_at');
