-- The role itself stays: other databases of the server may use it.
REVOKE SELECT ON __diesel_schema_migrations FROM pinfold_app;
REVOKE USAGE ON SCHEMA public FROM pinfold_app;
