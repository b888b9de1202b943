-- Users, and their sessions. A session is one row and owns one family of refresh tokens; no token
-- is stored, only which generation was accepted last and with which attempt (docs/design/rotation.md).

CREATE TABLE users (
    id            BYTEA  NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    -- Compared byte by byte, as SQLite does: "C" makes the index independent of the system's locales.
    email         TEXT   COLLATE "C" NOT NULL UNIQUE,
    name          TEXT,
    password_hash TEXT   NOT NULL,
    created_at    BIGINT NOT NULL,
    disabled_at   BIGINT
);

CREATE TABLE sessions (
    id               BYTEA  NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id          BYTEA  NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    seed             BYTEA  NOT NULL CHECK (length(seed) = 32),
    refresh_key_id   TEXT   NOT NULL,
    -- Unsigned, 32 bits: more than an INTEGER holds.
    generation       BIGINT NOT NULL CHECK (generation BETWEEN 0 AND 4294967295),
    attempt          BYTEA  CHECK (length(attempt) = 32),
    previous_attempt BYTEA  CHECK (length(previous_attempt) = 32),
    accepted_at      BIGINT NOT NULL,
    created_at       BIGINT NOT NULL,
    revoked_at       BIGINT,
    revoked_because  TEXT,
    -- An end has an instant and a cause, or there is none.
    CHECK ((revoked_at IS NULL) = (revoked_because IS NULL))
)
-- A rotation changes no column that an index holds: room on the page keeps its new row beside the
-- old one (a heap-only update), and indexes are not touched.
WITH (fillfactor = 70);

CREATE INDEX sessions_of_user ON sessions (user_id);
