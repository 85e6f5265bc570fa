-- Run once by the postgres image, on a new volume: the three roles of the product and its database.
-- The embedded server creates the same (fieldservice/runtime/postgres.py); a test compares the two.
\set ON_ERROR_STOP on
\getenv owner_password FSM_OWNER_PASSWORD
\getenv app_password FSM_APP_PASSWORD

CREATE ROLE fsm_owner;
CREATE ROLE fsm_app;
CREATE ROLE fsm_worker;
ALTER ROLE fsm_owner LOGIN BYPASSRLS CREATEDB;
ALTER ROLE fsm_app LOGIN NOBYPASSRLS;
ALTER ROLE fsm_worker NOLOGIN BYPASSRLS;
GRANT fsm_worker TO fsm_owner;
ALTER ROLE fsm_owner PASSWORD :'owner_password';
ALTER ROLE fsm_app PASSWORD :'app_password';
CREATE DATABASE fieldservice OWNER fsm_owner;

\connect fieldservice
CREATE EXTENSION btree_gist;
CREATE EXTENSION btree_gin;
CREATE EXTENSION pg_trgm;
CREATE EXTENSION unaccent;
CREATE EXTENSION citext;
