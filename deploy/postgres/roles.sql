-- Roles and database of an installation, for psql as a superuser, once. The official image runs it on its first start.
--   pinfold_owner    owns the database and migrates it
--   pinfold_app      the group that migrations grant to
--   pinfold_service  what the running service logs in as: owns nothing, bound by row-level security
-- PINFOLD_SECRETS names the directory with the passwords; /run/secrets unless set.
\set ON_ERROR_STOP on
\set owner_password `cat "${PINFOLD_SECRETS:-/run/secrets}/postgres_owner_password"`
\set service_password `cat "${PINFOLD_SECRETS:-/run/secrets}/postgres_service_password"`

CREATE ROLE pinfold_app NOLOGIN;
CREATE ROLE pinfold_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE pinfold_service LOGIN PASSWORD :'service_password' IN ROLE pinfold_app;

CREATE DATABASE pinfold OWNER pinfold_owner ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE pinfold FROM PUBLIC;
GRANT CONNECT ON DATABASE pinfold TO pinfold_app;
