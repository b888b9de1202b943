//! Every SQL text, once. `$1`, integer seconds and blobs mean the same to SQLite and PostgreSQL. A state change is
//! one conditional write, whose `WHERE` is its guard. What differs between the engines, or one alone needs, is in
//! [`engines`].

/// An event with all its columns, whose values follow.
macro_rules! insert_event {
    () => {
        "INSERT INTO events (id, user_id, session_id, kind, at, cause, address, browser, os, device_kind)"
    };
}

mod clients;
mod engines;
mod idempotency;
mod versions;

pub(super) use clients::*;
pub(super) use engines::*;
pub(super) use idempotency::*;
pub(super) use versions::*;

/// Adds a user unless the email address is taken: judged by the rows affected.
pub(super) const ADD_USER: &str = "
    INSERT INTO users (id, email, name, password_hash, created_at)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (email) DO NOTHING";

pub(super) const FIND_USER: &str = "
    SELECT id AS user_id, email, name, password_hash, created_at AS user_created_at, disabled_at
    FROM users WHERE email = $1";

/// Users by id, without deleted accounts.
pub(super) const USERS: &str = "
    SELECT id AS user_id, email, name, password_hash, created_at AS user_created_at, disabled_at
    FROM users WHERE id > $1 AND erased_at IS NULL ORDER BY id LIMIT 1000";

/// Another spelling of the same address, unless another account has it.
pub(super) const RESPELL: &str = "
    UPDATE users SET email = $3 -- unguarded: only from the spelling that was read
    WHERE id = $1 AND email = $2 AND NOT EXISTS (SELECT 1 FROM users WHERE email = $3)";

/// Locks the row without changing it. A concurrent change that disables this user or sets their password comes
/// before, and this finds no row, or comes after, and finds the session that is opened under this lock.
pub(super) const HOLD_USER: &str = "
    UPDATE users SET disabled_at = NULL
    WHERE id = $1 AND password_hash = $2 AND disabled_at IS NULL";

/// The hash that was read must still be stored: of two concurrent changes, the second has not seen the hash of the
/// first.
pub(super) const SET_PASSWORD: &str = "
    UPDATE users SET password_hash = $3
    WHERE id = $1 AND password_hash = $2 AND disabled_at IS NULL";

pub(super) const RENAME: &str = "
    UPDATE users SET name = $2
    WHERE id = $1 AND disabled_at IS NULL";

pub(super) const DISABLE: &str = "
    UPDATE users SET disabled_at = $2
    WHERE id = $1 AND disabled_at IS NULL";

pub(super) const ENABLE: &str = "
    UPDATE users SET disabled_at = NULL
    WHERE id = $1 AND disabled_at IS NOT NULL AND erased_at IS NULL";

/// The row stays until its revoked sessions are pruned; personal data does not. It comes first in its change, and
/// the revocations before `FORGET_EVENTS`: see [`RECORD_ALONE`].
pub(super) const ERASE: &str = "
    UPDATE users SET email = $3, name = NULL, password_hash = '', disabled_at = $2, erased_at = $2
    WHERE id = $1 AND disabled_at IS NULL";

pub(super) const OPEN_SESSION: &str = "
    INSERT INTO sessions (id, user_id, seed, refresh_key_id, generation, accepted_at, created_at,
                          authenticated_at, address, browser, os, device_kind)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

pub(super) const SESSIONS_OF: &str = "
    SELECT id, user_id, seed, refresh_key_id, generation, attempt, previous_attempt,
           accepted_at, created_at, authenticated_at, wanted_at, revoked_at, revoked_because,
           address, browser, os, device_kind, client_id
    FROM sessions WHERE user_id = $1 AND revoked_at IS NULL
    ORDER BY accepted_at DESC, id DESC LIMIT 1000";

/// Where a part of the revoked sessions ends, in the order of time and id, after one of them: so many further on.
/// From an index alone. `>=` is what tells PostgreSQL that the index, which holds revoked sessions only, will do.
pub(super) const PART_OF_REVOKED: &str = "
    SELECT revoked_at, id FROM sessions
    WHERE revoked_at >= $1 AND (revoked_at, id) > ($1, $2)
    ORDER BY revoked_at, id LIMIT 1 OFFSET $3";

/// Counts in one part, from the same index.
pub(super) const REVOKED_PER_SECOND: &str = "
    SELECT revoked_at, count(*) AS sessions FROM sessions
    WHERE revoked_at >= $1 AND (revoked_at, id) > ($1, $2) AND (revoked_at, id) <= ($3, $4)
    GROUP BY revoked_at ORDER BY revoked_at";

/// Accepts a rotation: only from the generation that was read, only while the session is live.
pub(super) const ACCEPT: &str = "
    UPDATE sessions SET generation = $3, attempt = $4, previous_attempt = $5, accepted_at = $6,
                        address = $7, browser = $8, os = $9, device_kind = $10
    WHERE id = $1 AND generation = $2 AND revoked_at IS NULL";

/// Writes a rotation that took place in memory, and those of the same session before it.
pub(super) const ACCEPT_LATE: &str = "
    UPDATE sessions SET generation = $3, attempt = $4, previous_attempt = $5, accepted_at = $6,
                        address = $7, browser = $8, os = $9, device_kind = $10
    WHERE id = $1 AND generation >= $2 AND generation < $3 AND revoked_at IS NULL";

/// Requires a step-up before the next refresh.
pub(super) const REQUIRE_STEP_UP: &str = "
    UPDATE sessions SET wanted_at = $2
    WHERE id = $1 AND wanted_at IS NULL AND revoked_at IS NULL";

pub(super) const CONFIRM: &str = "
    UPDATE sessions SET authenticated_at = $2, wanted_at = NULL, address = $3, browser = $4, os = $5, device_kind = $6
    WHERE id = $1 AND revoked_at IS NULL";

/// Revokes a session. The first reason stands.
pub(super) const REVOKE_SESSION: &str = "
    UPDATE sessions SET revoked_at = $2, revoked_because = $3
    WHERE id = $1 AND revoked_at IS NULL RETURNING id";

pub(super) const REVOKE_ALL_OF_USER: &str = "
    UPDATE sessions SET revoked_at = $2, revoked_because = $3
    WHERE user_id = $1 AND revoked_at IS NULL RETURNING id";

pub(super) const REVOKE_OTHERS: &str = "
    UPDATE sessions SET revoked_at = $3, revoked_because = $4
    WHERE user_id = $1 AND id <> $2 AND revoked_at IS NULL RETURNING id";

pub(super) const LAST_SESSION: &str = "SELECT id FROM sessions ORDER BY id DESC LIMIT 1";

/// By the ids alone, revoked or not: so how much of the table a part is has a bound.
pub(super) const LAST_OF_PART: &str = "
    SELECT id FROM (
        SELECT id FROM sessions WHERE id > $1 AND id <= $2 ORDER BY id LIMIT 1000
    ) AS part ORDER BY id DESC LIMIT 1";

/// `$5` is the id of a refresh key, or NULL for all.
pub(super) const REVOKE_PART: &str = "
    UPDATE sessions SET revoked_at = $3, revoked_because = $4
    WHERE id > $1 AND id <= $2 AND ($5 IS NULL OR refresh_key_id = $5) AND revoked_at IS NULL
    RETURNING id";

pub(super) const CLEAR_CLIENT_INFO: &str = "
    UPDATE sessions SET address = NULL, browser = 'unknown', os = 'unknown', device_kind = 'unknown'
    WHERE user_id = $1 -- unguarded: personal data is erased in any state";

/// The id at the end of a part of the table: so many rows further on. Read from the primary key alone.
pub(super) const PART_OF_SESSIONS: &str =
    "SELECT id FROM sessions WHERE id > $1 ORDER BY id LIMIT 1 OFFSET $2";

/// As [`PART_OF_SESSIONS`].
pub(super) const PART_OF_EVENTS: &str =
    "SELECT id FROM events WHERE id > $1 ORDER BY id LIMIT 1 OFFSET $2";

/// Prunes one part of the table: the sessions for which one of their limits is long past.
pub(super) const PRUNE_SESSIONS: &str = "
    DELETE FROM sessions -- unguarded: a session that is over never becomes live again
    WHERE id > $1 AND id <= $2 AND (created_at < $3 OR accepted_at < $4 OR +revoked_at < $5)";

/// No event is recorded of an account that was deleted a moment ago. PostgreSQL needs more than this for an event
/// without a change: [`RECORD_ALONE`].
pub(super) const RECORD: &str = concat!(
    "\n    ",
    insert_event!(),
    "
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10
    WHERE $2 IS NULL OR EXISTS (SELECT 1 FROM users WHERE id = $2 AND erased_at IS NULL)"
);

pub(super) const FORGET_EVENTS: &str = "
    DELETE FROM events -- unguarded: personal data is erased with its account
    WHERE user_id = $1";

/// Prunes one part of the table: all events that are too old, those of refreshes, those without an account. `+`
/// keeps the planners from leaving the primary key for other indexes, which know no parts.
pub(super) const PRUNE_EVENTS: &str = "
    DELETE FROM events -- unguarded: events never change, they only grow old
    WHERE id > $1 AND id <= $2
      AND (+at < $3 OR (kind IN ('refreshed', 'answered_again') AND +at < $4)
                    OR (user_id IS NULL AND +at < $5))";

/// Only from the count that was read: however many come at once, each password has a number of its own.
pub(super) const COUNT_FAILURE: &str = "
    INSERT INTO login_failures AS f (account, failures, last_at) VALUES ($1, 1, $2)
    ON CONFLICT (account) DO UPDATE SET failures = f.failures + 1, last_at = $2
    WHERE f.failures = $3";

pub(super) const FAILURES: &str = "
    SELECT failures, last_at FROM login_failures WHERE account = $1";

pub(super) const FORGET_FAILURES: &str = "
    DELETE FROM login_failures -- unguarded: a right password resets the count
    WHERE account = $1";

/// As [`PART_OF_SESSIONS`]: the first half of the hash, as long as an id, marks the end of a part.
pub(super) const PART_OF_FAILURES: &str = "
    SELECT substr(account, 1, 16) AS id FROM login_failures
    WHERE account > $1 ORDER BY account LIMIT 1 OFFSET $2";

/// Prunes one part of the table: small counts, as of mistyping, soon; large ones, as of brute-force guessing, late.
pub(super) const PRUNE_FAILURES: &str = "
    DELETE FROM login_failures -- unguarded: a count grows, or is old
    WHERE account > $1 AND account <= $2
      AND (last_at < $3 OR (failures < $4 AND last_at < $5))";

/// Events that an earlier version, or one that still runs beside this one, has recorded of an erased account. Of
/// the two tables, the accounts are read first (SQLite takes the order of a CROSS JOIN from the text).
pub(super) const PRUNE_EVENTS_OF_ERASED: &str = "
    DELETE FROM events -- unguarded: personal data is erased with its account
    WHERE id IN (
        SELECT e.id FROM users u CROSS JOIN events e
        WHERE u.erased_at < $1 AND e.user_id = u.id LIMIT 250
    )";

/// An account's sessions were revoked with it at the latest, so that one erased since then most likely has some
/// left: it is skipped.
pub(super) const PRUNE_ERASED: &str = "
    DELETE FROM users -- unguarded: an erased account never comes back
    WHERE id IN (
        SELECT id FROM users
        WHERE erased_at < $1
          AND NOT EXISTS (SELECT 1 FROM sessions WHERE user_id = users.id)
          AND NOT EXISTS (SELECT 1 FROM events WHERE user_id = users.id)
        ORDER BY erased_at LIMIT 250
    )";

/// Keys as they follow each other, all purposes together.
pub(super) const KEYS: &str = "
    SELECT kid, purpose, predecessor, sealed, published_at, signs_from, retired_at
    FROM ring_keys ORDER BY published_at, signs_from, kid";

/// Adds a key, unless another one follows its predecessor already or that one is missing.
pub(super) const ADD_KEY: &str = "
    INSERT INTO ring_keys (kid, purpose, predecessor, sealed, published_at, signs_from)
    SELECT $1, $2, $3, $4, $5, $6
    WHERE EXISTS (SELECT 1 FROM ring_keys WHERE purpose = $2 AND kid = $3)
       OR ($3 = '' AND NOT EXISTS (SELECT 1 FROM ring_keys WHERE purpose = $2))
    ON CONFLICT DO NOTHING";

pub(super) const REVOKE_KEY: &str = "
    UPDATE ring_keys SET retired_at = $2 WHERE kid = $1 AND retired_at IS NULL";

pub(super) const ACTIVATE_KEY_EARLY: &str = "
    UPDATE ring_keys SET signs_from = $2 WHERE kid = $1 AND retired_at IS NULL AND signs_from > $2";

/// The last key of a chain is never old: an instance that removes one knows its successor.
pub(super) const REMOVE_KEY: &str = "
    DELETE FROM ring_keys -- unguarded: it has a successor, and no session refers to it
    WHERE kid = $1 AND EXISTS (SELECT 1 FROM ring_keys AS next WHERE next.predecessor = $1)
      AND NOT EXISTS (SELECT 1 FROM sessions WHERE refresh_key_id = $1)";

/// Of instances that hold the same lifetime, the one that holds it longest counts.
pub(super) const HOLD_LIFETIME: &str = "
    INSERT INTO lifetimes AS l (setting, seconds, held_until) VALUES ($1, $2, $3)
    ON CONFLICT (setting, seconds) DO UPDATE SET held_until = $3 -- unguarded: it only grows
    WHERE l.held_until < $3";

pub(super) const EXPIRE_LIFETIMES: &str = "
    DELETE FROM lifetimes -- unguarded: what was issued under it has expired
    WHERE held_until < $1";

pub(super) const LAST_EVENT: &str = "SELECT id FROM events WHERE id < $1 ORDER BY id DESC LIMIT 1";

pub(super) const LIFETIMES: &str = "SELECT setting, seconds, held_until FROM lifetimes";

/// The migrations that sqlx has recorded.
pub(super) const APPLIED_MIGRATIONS: &str = "
    SELECT version, description, checksum, CAST(CASE WHEN success THEN 1 ELSE 0 END AS BIGINT) AS is_done
    FROM _sqlx_migrations ORDER BY version";

/// The expression of the index.
pub(super) const PLACE_TAKEN: &str = "SELECT 1 FROM sessions WHERE substr(id, 14, 3) = $1 LIMIT 1";

pub(super) const PING: &str = "SELECT 1 FROM users, sessions LIMIT 1";
