-- The key ring, and services that trust it. Private keys are sealed with a master key that is not in the
-- database.

CREATE TABLE ring_keys (
    kid          TEXT   NOT NULL PRIMARY KEY CHECK (length(kid) BETWEEN 16 AND 43),
    purpose      TEXT   NOT NULL CHECK (purpose IN ('access', 'refresh')),
    -- The key this one follows; none is '', for the first. Of instances that make a successor at once, one does.
    predecessor  TEXT   NOT NULL,
    sealed       BYTEA  NOT NULL,
    published_at BIGINT NOT NULL,
    signs_from   BIGINT NOT NULL CHECK (signs_from >= published_at),
    retired_at   BIGINT,
    UNIQUE (purpose, predecessor)
);

-- Every instance is told, as it is of sessions that end, over the same channel.
CREATE FUNCTION baton_tell_of_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify(
        'baton_session_ended_' || format('%I.sessions', TG_TABLE_SCHEMA)::regclass::oid, 'keys');
    RETURN NULL;
END $$;

CREATE TRIGGER ring_keys_tell_of_change
AFTER INSERT OR UPDATE OR DELETE ON ring_keys -- unguarded: it only tells
FOR EACH STATEMENT EXECUTE FUNCTION baton_tell_of_keys();

-- Services that may ask what a token says. Of a secret only its hash is kept.
CREATE TABLE services (
    id          TEXT   NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
    audience    TEXT   NOT NULL,
    secret_hash BYTEA  NOT NULL CHECK (length(secret_hash) = 32),
    created_at  BIGINT NOT NULL
);

-- A session's place in the status list is the end of its id: drawn anew until no other row has it.
CREATE INDEX sessions_by_place ON sessions (substr(id, 14, 3));
