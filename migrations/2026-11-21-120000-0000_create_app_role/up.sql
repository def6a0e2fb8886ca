-- The group that the service's login belongs to. It owns nothing; later migrations grant it what it needs.
-- Roles belong to the whole server, so another database's migration may have made it already.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'pinfold_app') THEN
        CREATE ROLE pinfold_app NOLOGIN;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN
        NULL;
    WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'the role pinfold_app is missing and % may not create it', current_user
            USING HINT = 'As a superuser run: CREATE ROLE pinfold_app NOLOGIN; and grant it to the service''s login.';
END
$$;

GRANT USAGE ON SCHEMA public TO pinfold_app;
-- A role that serves compares what is applied with what it knows.
GRANT SELECT ON __diesel_schema_migrations TO pinfold_app;
