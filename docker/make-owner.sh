#!/bin/sh
# Run once by the Postgres image, as its superuser: the service gets an owner that is none, and the extension that only a
# superuser may create.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$ADIUVA_PASSWORD" --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
CREATE ROLE adiuva LOGIN CREATEROLE PASSWORD :'password';
CREATE DATABASE adiuva OWNER adiuva;
REVOKE CONNECT ON DATABASE adiuva FROM PUBLIC;
\connect adiuva
CREATE EXTENSION vector;
SQL
