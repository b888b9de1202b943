-- What a user sees of their sessions, what has happened around an account, and how often a password
-- was guessed wrong.

-- When the user last proved who they are, and from where the session was last seen.
ALTER TABLE sessions ADD COLUMN authenticated_at BIGINT NOT NULL DEFAULT 0;
-- Since when the password is wanted before the session goes on.
ALTER TABLE sessions ADD COLUMN wanted_at BIGINT;
ALTER TABLE sessions ADD COLUMN address TEXT;
ALTER TABLE sessions ADD COLUMN browser TEXT NOT NULL DEFAULT 'unknown';
ALTER TABLE sessions ADD COLUMN os TEXT NOT NULL DEFAULT 'unknown';
ALTER TABLE sessions ADD COLUMN device_kind TEXT NOT NULL DEFAULT 'unknown';
UPDATE sessions SET authenticated_at = created_at -- unguarded: every session began with a login
;

-- Every instance asks which sessions have ended lately.
CREATE INDEX sessions_ended ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;

-- A deleted account keeps its row, and nothing else, until its sessions are pruned.
ALTER TABLE users ADD COLUMN erased_at BIGINT;
CREATE INDEX users_erased ON users (erased_at) WHERE erased_at IS NOT NULL;

-- Append-only. It refers to no other table: events outlive sessions, and some are of no account.
CREATE TABLE events (
    id          BYTEA   NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id     BYTEA   CHECK (length(user_id) = 16),
    session_id  BYTEA   CHECK (length(session_id) = 16),
    kind        TEXT    NOT NULL,
    at          BIGINT NOT NULL,
    cause       TEXT,
    address     TEXT,
    browser     TEXT    NOT NULL,
    os          TEXT    NOT NULL,
    device_kind TEXT    NOT NULL
);

CREATE INDEX events_of_user ON events (user_id, id);
CREATE INDEX events_by_age ON events (at);

-- By a hash of the email address, whether or not there is such an account.
CREATE TABLE login_failures (
    account  BYTEA   NOT NULL PRIMARY KEY CHECK (length(account) = 32),
    failures BIGINT NOT NULL,
    last_at  BIGINT NOT NULL
);

-- Whoever ends a session, an operator at the console included, tells every instance at the moment it
-- is committed. The instance that starts listening reads what has ended before. The channel bears the
-- number of this very table: several Batons may share a database, each in a schema of its own.
CREATE FUNCTION baton_tell_of_an_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('baton_session_ended_' || TG_RELID,
                      encode(NEW.id, 'hex') || ' ' || NEW.revoked_because);
    RETURN NULL;
END $$;

CREATE TRIGGER sessions_tell_of_an_end AFTER UPDATE OF revoked_at ON sessions
FOR EACH ROW WHEN (OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL)
EXECUTE FUNCTION baton_tell_of_an_end();
