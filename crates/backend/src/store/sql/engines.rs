//! What differs between the engines, or only one of them needs: transactions and durability.

use super::RECORD;
use crate::store::statement::SqlText;

macro_rules! revoke_some_of_user {
    ($is_among:literal, $end:literal) => {
        concat!(
            "
    UPDATE sessions SET revoked_at = $2, revoked_because = $3
    WHERE revoked_at IS NULL AND id ",
            $is_among,
            "SELECT id FROM sessions WHERE user_id = $1 AND revoked_at IS NULL LIMIT 1000",
            $end,
            " RETURNING id"
        )
    };
}

macro_rules! trim_used_keys {
    ($locked:literal) => {
        concat!(
            "
    DELETE FROM idempotency_keys -- unguarded: a key never changes, it gives way to newer ones
    WHERE key_hash IN (
        SELECT key_hash FROM idempotency_keys WHERE user_id = $1
        ORDER BY user_id DESC, used_at DESC LIMIT 200 OFFSET $2",
            $locked,
            ")"
        )
    };
}

macro_rules! record_revocations {
    ($id:literal, $kind:literal, $which:literal) => {
        concat!(
            "
    INSERT INTO events (id, user_id, session_id, kind, at, cause, browser, os, device_kind)
    SELECT ",
            $id,
            ", s.user_id, s.id, ",
            $kind,
            ", s.revoked_at, s.revoked_because, 'unknown', 'unknown', 'unknown'
    FROM sessions s JOIN users u ON u.id = s.user_id WHERE ",
            $which,
            " AND u.erased_at IS NULL
    ON CONFLICT (id) DO NOTHING"
        )
    };
}

macro_rules! revocations_of_part {
    ($id:literal) => {
        record_revocations!(
            $id,
            "$7",
            "s.id > $1 AND s.id <= $2 AND +s.revoked_at = $3 AND s.revoked_because = $4
      AND ($5 IS NULL OR s.refresh_key_id = $5)"
        )
    };
}

macro_rules! revocations_of_user {
    ($id:literal) => {
        record_revocations!(
            $id,
            "$5",
            "s.user_id = $1 AND +s.revoked_at = $2 AND s.revoked_because = $3"
        )
    };
}

macro_rules! users_beyond_ascii {
    ($bytes:literal) => {
        concat!(
            "
    SELECT id AS user_id, email, name, password_hash, created_at AS user_created_at, disabled_at
    FROM users WHERE id > $1 AND ",
            $bytes,
            " > length(email) AND erased_at IS NULL
    ORDER BY id LIMIT 1000"
        )
    };
}

/// Users whose address takes more bytes than characters, in the expression of the index on them. SQLite before
/// 3.43, with which operators copy and inspect files, has no `octet_length`.
pub(in crate::store) const USERS_BEYOND_ASCII: SqlText = SqlText {
    sqlite: users_beyond_ascii!("length(CAST(email AS BLOB))"),
    postgres: users_beyond_ascii!("octet_length(email)"),
};

/// `RECORD` for an event without a change. In PostgreSQL, without a lock it could see the account as it was before
/// its erasure, and commit after the erasure has looked for events. The lock is the one of a foreign key: of all
/// changes to a user only the erasure conflicts with it, because it changes a key (the email address). The erasure
/// waits for uncommitted events; an event that meets an uncommitted erasure is left out and does not wait, or the
/// connections for rotations could wait with it. An event with a change needs no lock of its own: the change holds
/// the row of the user or of a live session, and the erasure takes both before it looks for events.
pub(in crate::store) const RECORD_ALONE: SqlText = SqlText {
    sqlite: RECORD,
    postgres: concat!(
        "
        WITH account AS (
            SELECT 1 FROM users WHERE id = $2 AND erased_at IS NULL FOR KEY SHARE SKIP LOCKED
        )
        ",
        insert_event!(),
        "
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10
        WHERE $2 IS NULL OR EXISTS (SELECT 1 FROM account)"
    ),
};

/// A user's newest events before `$3` of the kinds in the JSON array `$2`, at most `$4`. Of each kind the index gives
/// that many, and no more rows are read, however many events there are of it.
///
/// PostgreSQL gets a form that leaves it one plan. With `kind = …` an order by `id` is also that of the primary key:
/// where statistics say that most events are this account's, the planner reads all of them to find the few of a rare
/// kind (145 ms of half a million, for each call). With `user_id` in the compared row, a backward scan does not stop
/// where the kind does.
pub(in crate::store) const EVENTS_OF_KINDS: SqlText = SqlText {
    sqlite: "
        SELECT e.id, e.user_id, e.session_id, e.kind, e.at, e.cause, e.address, e.browser, e.os, e.device_kind
        FROM json_each($2) AS wanted CROSS JOIN events AS e
        WHERE e.user_id = $1 AND e.kind = wanted.value AND e.id < $3 AND e.id >= coalesce((
            SELECT id FROM events WHERE user_id = $1 AND kind = wanted.value AND id < $3
            ORDER BY id DESC LIMIT 1 OFFSET $4 - 1), x'')
        ORDER BY e.id DESC LIMIT $4",
    postgres: "
        SELECT e.* FROM json_array_elements_text($2::json) AS wanted (kind) CROSS JOIN LATERAL (
            SELECT id, user_id, session_id, kind, at, cause, address, browser, os, device_kind
            FROM events
            WHERE user_id = $1 AND (kind, id) < (wanted.kind, $3) AND kind >= wanted.kind
            ORDER BY user_id DESC, kind DESC, id DESC LIMIT $4
        ) AS e
        ORDER BY e.id DESC LIMIT $4",
};

/// When a session was last refreshed, before `$1`. SQLite's table has a row for each day: it is the evidence of the
/// time in a file without a clock. PostgreSQL has a clock and no such table: this reads all sessions there, and no
/// server asks it.
pub(in crate::store) const LAST_REFRESH: SqlText = SqlText {
    sqlite: "
        SELECT CASE WHEN last_at < $1 THEN last_at ELSE first_at END AS refreshed_at
        FROM refresh_days WHERE first_at < $1 ORDER BY day DESC LIMIT 1",
    postgres: "
        SELECT accepted_at AS refreshed_at FROM sessions WHERE generation > 0 AND accepted_at < $1
        ORDER BY accepted_at DESC LIMIT 1",
};

/// A page of the sessions that were revoked in this second. PostgreSQL gets a form that leaves the planner one index:
/// [`EVENTS_OF_KINDS`].
pub(in crate::store) const REVOKED_IN: SqlText = SqlText {
    sqlite: "
        SELECT id, revoked_at, revoked_because FROM sessions
        WHERE revoked_at = $1 AND id > $2 ORDER BY id LIMIT $3",
    postgres: "
        SELECT id, revoked_at, revoked_because FROM sessions
        WHERE (revoked_at, id) > ($1, $2) AND revoked_at <= $1 ORDER BY revoked_at, id LIMIT $3",
};

/// An event for each session of a part that was revoked at this instant. `$6` is the first six bytes of its id,
/// `$7` its kind. What was recorded before stays as it is. The `+` keeps SQLite from the index of revoked sessions:
/// the part is smaller. Concatenated bytes are a text in SQLite, until they are cast.
pub(in crate::store) const RECORD_REVOCATIONS_OF_PART: SqlText = SqlText {
    sqlite: revocations_of_part!("CAST($6 || substr(s.id, 7) AS BLOB)"),
    postgres: revocations_of_part!("$6 || substr(s.id, 7)"),
};

/// The same of one user's: `$4` is the first six bytes, `$5` the kind.
pub(in crate::store) const RECORD_REVOCATIONS_OF_USER: SqlText = SqlText {
    sqlite: revocations_of_user!("CAST($4 || substr(s.id, 7) AS BLOB)"),
    postgres: revocations_of_user!("$4 || substr(s.id, 7)"),
};

/// A thousand of a user's sessions. As an array, the ids are looked up once and the rows by them; with `IN`,
/// PostgreSQL may read the whole table to find them. SQLite has no arrays, and looks up what is `IN` once.
pub(in crate::store) const REVOKE_SOME_OF_USER: SqlText = SqlText {
    sqlite: revoke_some_of_user!("IN (", ")"),
    postgres: revoke_some_of_user!("= ANY (ARRAY(", "))"),
};

/// Prunes all but an account's newest events of each kind. A few at a time: what is far over the limit goes in
/// parts. By their ids alone: with `user_id` beside them, PostgreSQL may look for them once for each of the
/// account's events (47 s of 200,000 with stale statistics; refreshes were 503). Not `kind = $2` there, for the
/// reason at [`EVENTS_OF_KINDS`].
pub(in crate::store) const TRIM_EVENTS: SqlText = SqlText {
    sqlite: "
        DELETE FROM events -- unguarded: events never change, they only give way to newer ones
        WHERE id IN (
            SELECT id FROM events WHERE user_id = $1 AND kind = $2 ORDER BY id DESC LIMIT 200 OFFSET $3
        )",
    postgres: "
        DELETE FROM events -- unguarded: events never change, they only give way to newer ones
        WHERE id IN (
            SELECT id FROM events WHERE user_id = $1 AND kind >= $2 AND kind <= $2
            ORDER BY user_id DESC, kind DESC, id DESC LIMIT 200 OFFSET $3
        )",
};

/// Prunes all but an account's newest idempotency keys. In PostgreSQL, two transactions that prune at once would wait
/// for each other's rows in different orders (a deadlock): each skips those that the other has locked.
pub(in crate::store) const TRIM_USED_KEYS: SqlText =
    SqlText { sqlite: trim_used_keys!(""), postgres: trim_used_keys!(" FOR UPDATE SKIP LOCKED") };

/// SQLite alone: takes the writers' lock at once. A transaction that turned into a writer later would fail without
/// waiting while another process writes.
pub(in crate::store) const BEGIN_WRITING: &str = "BEGIN IMMEDIATE";

/// SQLite alone: from now on the timeout of this connection for a lock is 2 ms.
pub(in crate::store) const WAIT_BRIEFLY: &str = "PRAGMA busy_timeout = 2";

/// SQLite alone: from now on a commit is on the disk before it is answered. In WAL mode the whole log is flushed,
/// and with it every commit before (<https://sqlite.org/pragma.html#pragma_synchronous>).
pub(in crate::store) const FLUSH_COMMITS: &str = "PRAGMA synchronous = FULL";

/// SQLite alone: from now on a commit is whole, but a power cut may undo it: the log is flushed only before a
/// checkpoint, and when it restarts.
pub(in crate::store) const LEAVE_COMMITS_UNFLUSHED: &str = "PRAGMA synchronous = NORMAL";

/// SQLite alone: checkpoints the log into the file as far as no connection is reading it; never waits.
pub(in crate::store) const CHECKPOINT: &str = "PRAGMA wal_checkpoint(PASSIVE)";

/// SQLite alone: a number that is another after each commit of another connection, and the count of revocations.
pub(in crate::store) const DATA_VERSION: &str =
    "SELECT data_version, revocations FROM pragma_data_version, revocation_counter";

/// SQLite alone: another number after every commit of another connection.
pub(in crate::store) const DATA_VERSION_ALONE: &str = "PRAGMA data_version";

/// SQLite alone: a commit that changes nothing, for other processes to notice.
pub(in crate::store) const ANNOUNCE: [&str; 2] = [
    "INSERT INTO login_failures (account, failures, last_at) VALUES (zeroblob(32), 0, 0) ON CONFLICT DO NOTHING",
    "DELETE FROM login_failures -- unguarded: no account has this tag
     WHERE account = zeroblob(32)",
];

/// SQLite alone: whether sqlx has ever applied a migration.
pub(in crate::store) const HAS_MIGRATIONS_IN_SQLITE: &str =
    "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '_sqlx_migrations'";

// For PostgreSQL alone.

/// Whether sqlx has ever applied a migration, in the schema that unqualified names mean.
pub(in crate::store) const HAS_MIGRATIONS_IN_POSTGRES: &str =
    "SELECT 1 WHERE to_regclass('_sqlx_migrations') IS NOT NULL";

/// The schema that unqualified names mean. Rust has no type for PostgreSQL's `name`.
pub(in crate::store) const SCHEMA_NAME: &str = "SELECT current_schema()::text AS name";

/// Every connection but the patient one. READ COMMITTED is what makes a conditional write that waited for another
/// one evaluate its guard again; the server's timeouts lie below the client's deadline, so that a slow statement
/// ends with an answer, and no abandoned connection holds a lock. Rows are found by an index, and in its order: a
/// plan that was made while a table was empty is cached, and would read all of it later. Compiling never pays:
/// where the planner's estimate is too high, that alone takes 200 ms.
pub(in crate::store) const CONNECTION_SETTINGS: &str = "
    SET default_transaction_isolation = 'read committed';
    SET statement_timeout = '1800ms';
    SET lock_timeout = '1600ms';
    SET enable_seqscan = 'off';
    SET enable_bitmapscan = 'off';
    SET jit = 'off';
    SET idle_in_transaction_session_timeout = '5s'";

/// The connection for migrations, and other work of unknown length. Starting instances wait for each other's
/// migrations.
pub(in crate::store) const PATIENT: &str = "
    SET default_transaction_isolation = 'read committed';
    SET client_min_messages = 'warning';
    SET statement_timeout = '10min';
    SET lock_timeout = '60s'";

/// A commit is on disk, and on the disks of synchronous standbys.
pub(in crate::store) const DURABLE: &str = "SET synchronous_commit = 'on'";

/// A commit is seen by all, and on disk in a moment (docs/decisions/0007).
pub(in crate::store) const DURABLE_SOON: &str = "SET synchronous_commit = 'off'";

/// Fails if the server is a standby, or this user may not write.
pub(in crate::store) const CAN_WRITE: &str = "
    DELETE FROM sessions -- unguarded: no row matches
    WHERE false";

/// The channel's name holds the number of the table: several Batons may share a database, each in a schema of its
/// own.
pub(in crate::store) const LISTEN: &str = "
    DO $$ BEGIN
        EXECUTE format('LISTEN %I', 'baton_session_ended_' || 'sessions'::regclass::oid);
    END $$";

/// Whether the server agrees that this connection listens. A pooler in between may have replaced it.
pub(in crate::store) const IS_LISTENING: &str = "
    SELECT 1 FROM pg_listening_channels() AS channel
    WHERE channel = 'baton_session_ended_' || 'sessions'::regclass::oid";

/// While the statement runs, not when its transaction began.
pub(in crate::store) const CLOCK: &str =
    "SELECT floor(extract(epoch FROM clock_timestamp()))::bigint AS now";

pub(in crate::store) const ENCODING: &str = "SELECT current_setting('server_encoding') AS encoding";
