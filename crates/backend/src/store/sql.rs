//! Every SQL text, once. `$1`, integer seconds and blobs mean the same to SQLite and PostgreSQL.
//! It must not hold logic: a state change is one statement whose `WHERE` is its guard.

/// Adds a user unless the email address is taken: judged by the rows affected.
pub(super) const ADD_USER: &str = "
    INSERT INTO users (id, email, name, password_hash, created_at)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (email) DO NOTHING";

pub(super) const FIND_USER: &str = "
    SELECT id AS user_id, email, name, password_hash, created_at AS user_created_at, disabled_at
    FROM users WHERE email = $1";

/// The hash that was read must still stand there: a password change in between wins.
pub(super) const REHASH_PASSWORD: &str = "
    UPDATE users SET password_hash = $3
    WHERE id = $1 AND password_hash = $2 AND disabled_at IS NULL";

pub(super) const OPEN_SESSION: &str = "
    INSERT INTO sessions (id, user_id, seed, refresh_key_id, generation, accepted_at, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";

pub(super) const FIND_SESSION: &str = "
    SELECT s.id, s.user_id, s.seed, s.refresh_key_id, s.generation, s.attempt, s.previous_attempt,
           s.accepted_at, s.created_at, s.revoked_at,
           u.email, u.name, u.password_hash, u.created_at AS user_created_at, u.disabled_at
    FROM sessions s JOIN users u ON u.id = s.user_id
    WHERE s.id = $1";

/// Accepts a rotation: only from the generation that was read, only while the session lives.
pub(super) const ACCEPT: &str = "
    UPDATE sessions SET generation = $3, attempt = $4, previous_attempt = $5, accepted_at = $6
    WHERE id = $1 AND generation = $2 AND revoked_at IS NULL";

/// Ends a session. The first cause stands.
pub(super) const REVOKE: &str = "
    UPDATE sessions SET revoked_at = $2, revoked_because = $3
    WHERE id = $1 AND revoked_at IS NULL";

/// Removes some of the sessions that any of their ends lies long behind: so few that nobody else who
/// writes has to wait for long.
pub(super) const PRUNE: &str = "
    DELETE FROM sessions -- unguarded: nothing brings a session back that is over
    WHERE id IN (
        SELECT id FROM sessions WHERE created_at < $1 OR accepted_at < $2 OR revoked_at < $3
        LIMIT 1000
    )";

pub(super) const PING: &str = "SELECT 1 FROM users, sessions LIMIT 1";

/// SQLite alone: takes the writers' lock at once. A transaction that turned into a writer later would
/// fail without waiting while another process writes.
pub(super) const BEGIN_WRITING: &str = "BEGIN IMMEDIATE";

/// SQLite alone: from now on a commit is on the disk before it is answered. In WAL mode the whole log
/// is flushed, and with it every commit before (<https://sqlite.org/pragma.html#pragma_synchronous>).
pub(super) const FLUSH_COMMITS: &str = "PRAGMA synchronous = FULL";

/// SQLite alone: from now on a commit is whole, but a power cut may undo it: the log is flushed only
/// before it is folded back into the file, and when it begins anew.
pub(super) const LEAVE_COMMITS_UNFLUSHED: &str = "PRAGMA synchronous = NORMAL";

/// SQLite alone: folds the log back into the file as far as nobody is reading it; never waits.
pub(super) const CHECKPOINT: &str = "PRAGMA wal_checkpoint(PASSIVE)";

// What only PostgreSQL needs.

/// Every connection but the patient one. READ COMMITTED is what makes a conditional write that
/// waited for another one look again; the server's limits lie below the client's deadline, so that
/// what is merely slow ends with an answer, and nobody holds a lock who has gone away.
pub(super) const HURRIED: &str = "
    SET default_transaction_isolation = 'read committed';
    SET statement_timeout = '1800ms';
    SET lock_timeout = '1600ms';
    SET idle_in_transaction_session_timeout = '5s'";

/// The connection that migrates or prunes. Starting instances wait for each other's migrations.
pub(super) const PATIENT: &str = "
    SET default_transaction_isolation = 'read committed';
    SET client_min_messages = 'warning';
    SET statement_timeout = '10min';
    SET lock_timeout = '60s'";

/// Committed is: on disk, and on the disks of synchronous standbys.
pub(super) const DURABLE: &str = "SET synchronous_commit = 'on'";

/// Committed is: seen by all, on disk in a moment (docs/decisions/0007).
pub(super) const DURABLE_SOON: &str = "SET synchronous_commit = 'off'";

/// Fails if the server is a standby, or this user may not write.
pub(super) const CAN_WRITE: &str = "
    DELETE FROM sessions -- unguarded: it removes nothing
    WHERE false";

pub(super) const ENCODING: &str = "SELECT current_setting('server_encoding') AS encoding";
