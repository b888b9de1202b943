-- Users, and their sessions. A session is one row and owns one family of refresh tokens; no token
-- is stored, only which generation was accepted last and with which attempt (docs/design/rotation.md).

CREATE TABLE users (
    id            BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    email         TEXT    NOT NULL UNIQUE,
    name          TEXT,
    password_hash TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    disabled_at   INTEGER
) STRICT;

CREATE TABLE sessions (
    id               BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id          BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    seed             BLOB    NOT NULL CHECK (length(seed) = 32),
    refresh_key_id   TEXT    NOT NULL,
    generation       INTEGER NOT NULL CHECK (generation BETWEEN 0 AND 4294967295),
    attempt          BLOB    CHECK (length(attempt) = 32),
    previous_attempt BLOB    CHECK (length(previous_attempt) = 32),
    accepted_at      INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    revoked_at       INTEGER,
    revoked_because  TEXT,
    -- An end has an instant and a cause, or there is none.
    CHECK ((revoked_at IS NULL) = (revoked_because IS NULL))
) STRICT;

CREATE INDEX sessions_of_user ON sessions (user_id);
