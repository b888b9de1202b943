-- What a user sees of their sessions, what has happened around an account, and how often a password
-- was guessed wrong.

-- When the user last proved who they are, and from where the session was last seen.
ALTER TABLE sessions ADD COLUMN authenticated_at INTEGER NOT NULL DEFAULT 0;
-- Since when the password is wanted before the session goes on.
ALTER TABLE sessions ADD COLUMN wanted_at INTEGER;
ALTER TABLE sessions ADD COLUMN address TEXT;
ALTER TABLE sessions ADD COLUMN browser TEXT NOT NULL DEFAULT 'unknown';
ALTER TABLE sessions ADD COLUMN os TEXT NOT NULL DEFAULT 'unknown';
ALTER TABLE sessions ADD COLUMN device_kind TEXT NOT NULL DEFAULT 'unknown';
UPDATE sessions SET authenticated_at = created_at -- unguarded: every session began with a login
;

-- Every instance asks which sessions have ended lately.
CREATE INDEX sessions_ended ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;

-- A deleted account keeps its row, and nothing else, until its sessions are pruned.
ALTER TABLE users ADD COLUMN erased_at INTEGER;
CREATE INDEX users_erased ON users (erased_at) WHERE erased_at IS NOT NULL;

-- Append-only. It refers to no other table: events outlive sessions, and some are of no account.
CREATE TABLE events (
    id          BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id     BLOB    CHECK (length(user_id) = 16),
    session_id  BLOB    CHECK (length(session_id) = 16),
    kind        TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    cause       TEXT,
    address     TEXT,
    browser     TEXT    NOT NULL,
    os          TEXT    NOT NULL,
    device_kind TEXT    NOT NULL
) STRICT;

CREATE INDEX events_of_user ON events (user_id, id);
CREATE INDEX events_by_age ON events (at);

-- By a hash of the email address, whether or not there is such an account.
CREATE TABLE login_failures (
    account  BLOB    NOT NULL PRIMARY KEY CHECK (length(account) = 32),
    failures INTEGER NOT NULL,
    last_at  INTEGER NOT NULL
) STRICT;
