#!/bin/sh
# Runs once, when the database is first made: one role owns the tables and migrates them, another one serves.
# The serving role can read and write rows and nothing else: it cannot change a table, its comments or its rules.
set -eu
secrets=${SECRETS:-/run/secrets}
psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 \
    --set owner="$(cat "$secrets/owner_password")" --set app="$(cat "$secrets/app_password")" <<'SQL'
CREATE ROLE maraude_owner LOGIN PASSWORD :'owner';
CREATE ROLE maraude_app LOGIN PASSWORD :'app' CONNECTION LIMIT 60;
CREATE DATABASE maraude OWNER maraude_owner;
REVOKE ALL ON DATABASE maraude FROM PUBLIC;
GRANT CONNECT ON DATABASE maraude TO maraude_app;
\connect maraude
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO maraude_owner;
GRANT USAGE ON SCHEMA public TO maraude_app;
ALTER DEFAULT PRIVILEGES FOR ROLE maraude_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO maraude_app;
SQL
