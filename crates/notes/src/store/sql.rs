//! The SQL statements of the store. Each names the owner, so another user's note is not found.

pub(super) const FIND: &str = "SELECT id, title, text, created_at, changed_at, version FROM notes \
    WHERE owner = $1 AND id = $2";

// `instr` takes the search text literally; with LIKE, a user's text could contain wildcards.
pub(super) const LIST: &str = "SELECT id, title, text, created_at, changed_at, version FROM notes \
    WHERE owner = $1 AND ($2 IS NULL OR id < $2) AND ($3 = '' OR instr(folded, $3) > 0) \
    ORDER BY id DESC LIMIT $4";

pub(super) const VERSION: &str = "SELECT version FROM notes WHERE owner = $1 AND id = $2";

// The quota is a condition of the statement, which holds SQLite's only write lock: of two concurrent inserts for the
// last place one succeeds.
pub(super) const INSERT: &str = "INSERT INTO notes \
    (id, owner, title, text, folded, created_at, changed_at, version) \
    SELECT $1, $2, $3, $4, $5, $6, $6, 1 WHERE ( \
        SELECT count(*) < $8 AND coalesce(sum(bytes), 0) + $7 <= $9 FROM notes WHERE owner = $2) \
    RETURNING id, version, created_at, changed_at";

// $3 and $4 are lists of versions. If $3 is not null, the note's version is in it; $4 is not null, and the version is
// not in it.
macro_rules! version_matches {
    () => {
        "($3 IS NULL OR version IN (SELECT value FROM json_each($3))) \
    AND $4 IS NOT NULL AND version NOT IN (SELECT value FROM json_each($4))"
    };
}

// A note that does not grow may be written at any quota.
pub(super) const REPLACE: &str = concat!(
    "UPDATE notes SET title = $5, text = $6, folded = $7, \
    changed_at = $8, version = version + 1 WHERE owner = $1 AND id = $2 AND ",
    version_matches!(),
    " AND ($9 <= bytes \
        OR $9 - bytes + (SELECT sum(each.bytes) FROM notes AS each WHERE each.owner = $1) <= $10) \
    RETURNING id, version, created_at, changed_at"
);

pub(super) const DELETE: &str = concat!(
    "DELETE FROM notes WHERE owner = $1 AND id = $2 AND ",
    version_matches!(),
    " RETURNING id, version, created_at, changed_at"
);

pub(super) const WHY_NOT: &str = "SELECT version, $3 > bytes \
        AND $3 - bytes + (SELECT sum(each.bytes) FROM notes AS each WHERE each.owner = $1) > $4 AS is_full \
    FROM notes WHERE owner = $1 AND id = $2";

// Takes the write lock at once. A transaction that reads first and upgrades later is refused at once if another one
// has written in between (SQLITE_BUSY_SNAPSHOT), however long its busy timeout.
pub(super) const BEGIN_WRITING: &str = "BEGIN IMMEDIATE";

// `request_hash` covers the owner: another user with the same key is refused, not answered. `used_at` is also the
// time of the note's change.
pub(super) const USED_KEY: &str = "SELECT request_hash, \
        note AS id, version, created_at, used_at AS changed_at \
    FROM idempotency_keys WHERE key_hash = $1 AND used_at >= $2";

// An expired key may be used again, so it is deleted first. Of the others only a few: no request has to wait until
// all keys of a busy day are pruned.
pub(super) const REMOVE_OLD_KEYS: &str = "DELETE FROM idempotency_keys \
    WHERE (key_hash = $1 AND used_at < $2) OR number IN ( \
        SELECT number FROM idempotency_keys WHERE used_at < $2 ORDER BY used_at LIMIT $3)";

pub(super) const USE_KEY: &str = "INSERT INTO idempotency_keys \
    (key_hash, request_hash, owner, note, version, created_at, used_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7)";

// With fewer keys the subquery is null, and no row is deleted.
pub(super) const REMOVE_SURPLUS_KEYS: &str = "DELETE FROM idempotency_keys \
    WHERE owner = $1 AND number <= ( \
        SELECT number FROM idempotency_keys WHERE owner = $1 ORDER BY number DESC LIMIT 1 OFFSET $2)";

pub(super) const PING: &str = "SELECT 1 FROM notes LIMIT 1";
