-- The platform's keys for session tokens; no tenant's. The private half is sealed by the master key.
CREATE TABLE signing_keys (
    kid text PRIMARY KEY CHECK (char_length(kid) BETWEEN 1 AND 128),
    sealed_private bytea NOT NULL,
    public_jwk jsonb NOT NULL CHECK (jsonb_typeof(public_jwk) = 'object'),
    created_at timestamptz NOT NULL DEFAULT now(),
    -- After this nobody signs with it; it is published until every token it signed has expired.
    retires_at timestamptz
);

GRANT SELECT, INSERT, UPDATE, DELETE ON signing_keys TO pinfold_app;
