-- Somebody asked to join the platform, and has not shown yet that the mailbox is theirs. The token is known by its keyed hash only.
CREATE TABLE sign_ups (
    hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
    email text NOT NULL CHECK (char_length(email) BETWEEN 3 AND 254),
    email_key text NOT NULL,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 255),
    organization text NOT NULL CHECK (char_length(organization) BETWEEN 1 AND 255),
    password text NOT NULL CHECK (password LIKE '$argon2id$%'),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX sign_ups_expired ON sign_ups (expires_at);

CREATE TABLE password_resets (
    hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
    person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX password_resets_of_person ON password_resets (person_id);
CREATE INDEX password_resets_expired ON password_resets (expires_at);

-- Attempts at something that may be tried a few times in a while, by the keyed hash of what is counted: an account, an address.
CREATE TABLE person_attempts (
    subject bytea PRIMARY KEY CHECK (octet_length(subject) = 32),
    spent integer NOT NULL CHECK (spent >= 0),
    next_at timestamptz NOT NULL,
    over_at timestamptz NOT NULL
);
CREATE INDEX person_attempts_over ON person_attempts (over_at);

-- Mails of the platform that are on their way, sealed.
CREATE TABLE person_mails (
    id uuid PRIMARY KEY,
    sealed bytea NOT NULL CHECK (octet_length(sealed) BETWEEN 29 AND 65536),
    attempts smallint NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX person_mails_due ON person_mails (due_at);

GRANT SELECT, INSERT, DELETE ON sign_ups, password_resets TO pinfold_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON person_attempts, person_mails TO pinfold_app;

-- Spends an attempt before it is judged, so that any number of parallel ones spends no more than there are. Null when there was
-- one; otherwise the milliseconds until there is. Every attempt behind the first waits longer than the one before when `step_ms` is
-- given; the last one waits until the others are forgotten.
CREATE FUNCTION spend_attempt(of bytea, most integer, window_ms bigint, step_ms bigint) RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    known person_attempts;
BEGIN
    INSERT INTO person_attempts (subject, spent, next_at, over_at) VALUES (of, 0, moment, moment) ON CONFLICT DO NOTHING;
    SELECT * INTO known FROM person_attempts WHERE subject = of FOR UPDATE;
    moment := clock_timestamp();
    IF known.over_at <= moment THEN
        known.spent := 0;
        known.next_at := moment;
    END IF;
    IF known.spent >= most THEN
        RETURN greatest(1, ceil(extract(epoch FROM known.over_at - moment) * 1000));
    END IF;
    IF known.next_at > moment THEN
        RETURN greatest(1, ceil(extract(epoch FROM known.next_at - moment) * 1000));
    END IF;
    known.spent := known.spent + 1;
    UPDATE person_attempts SET spent = known.spent, over_at = moment + window_ms * interval '1 millisecond',
        next_at = moment + CASE WHEN known.spent < 2 THEN 0 ELSE step_ms * 2 ^ (known.spent - 2) END * interval '1 millisecond'
        WHERE subject = of;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION spend_attempt(bytea, integer, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION spend_attempt(bytea, integer, bigint, bigint) TO pinfold_app;
