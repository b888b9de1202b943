-- The key ring, and services that trust it. Private keys are sealed with a master key that is not in the
-- database.

CREATE TABLE ring_keys (
    kid          TEXT    NOT NULL PRIMARY KEY CHECK (length(kid) BETWEEN 16 AND 43),
    purpose      TEXT    NOT NULL CHECK (purpose IN ('access', 'refresh')),
    -- The key this one follows; none is '', for the first. Of instances that make a successor at once, one does.
    predecessor  TEXT    NOT NULL,
    sealed       BLOB    NOT NULL,
    published_at INTEGER NOT NULL,
    signs_from   INTEGER NOT NULL CHECK (signs_from >= published_at),
    retired_at   INTEGER,
    UNIQUE (purpose, predecessor)
) STRICT;

-- Services that may ask what a token says. Of a secret only its hash is kept.
CREATE TABLE services (
    id          TEXT    NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
    audience    TEXT    NOT NULL,
    secret_hash BLOB    NOT NULL CHECK (length(secret_hash) = 32),
    created_at  INTEGER NOT NULL
) STRICT;

-- A session's place in the status list is the end of its id: drawn anew until no other row has it.
CREATE INDEX sessions_by_place ON sessions (substr(id, 14, 3));
