//! The statements of the store. Each names the owner: a note of another user is not there.

pub(super) const FIND: &str = "SELECT id, title, text, created_at, changed_at, version FROM notes \
    WHERE owner = $1 AND id = $2";

// `instr` looks for text as it is: in LIKE, what a user types could be a wildcard.
pub(super) const LIST: &str = "SELECT id, title, text, created_at, changed_at, version FROM notes \
    WHERE owner = $1 AND ($2 IS NULL OR id < $2) AND ($3 = '' OR instr(folded, $3) > 0) \
    ORDER BY id DESC LIMIT $4";

pub(super) const VERSION: &str = "SELECT version FROM notes WHERE owner = $1 AND id = $2";

// The quota is part of the statement, which holds the only lock for writing: of two that race for the last place
// one gets it.
pub(super) const INSERT: &str = "INSERT INTO notes \
    (id, owner, title, text, folded, created_at, changed_at, version) \
    SELECT $1, $2, $3, $4, $5, $6, $6, 1 WHERE ( \
        SELECT count(*) < $8 AND coalesce(sum(bytes), 0) + $7 <= $9 FROM notes WHERE owner = $2)";

// $3 and $4 are lists of versions: of the first, if it is there, the note has to be in one; the second has to be
// there, and the note be in none of it. A note that does not grow may be written whatever the quota.
pub(super) const REPLACE: &str = "UPDATE notes SET title = $5, text = $6, folded = $7, \
    changed_at = $8, version = version + 1 WHERE owner = $1 AND id = $2 \
    AND ($3 IS NULL OR version IN (SELECT value FROM json_each($3))) \
    AND $4 IS NOT NULL AND version NOT IN (SELECT value FROM json_each($4)) \
    AND ($9 <= bytes \
        OR $9 - bytes + (SELECT sum(each.bytes) FROM notes AS each WHERE each.owner = $1) <= $10) \
    RETURNING id, title, text, created_at, changed_at, version";

pub(super) const DELETE: &str = "DELETE FROM notes WHERE owner = $1 AND id = $2 \
    AND ($3 IS NULL OR version IN (SELECT value FROM json_each($3))) \
    AND $4 IS NOT NULL AND version NOT IN (SELECT value FROM json_each($4))";

pub(super) const WHY_NOT: &str = "SELECT version, $3 > bytes \
        AND $3 - bytes + (SELECT sum(each.bytes) FROM notes AS each WHERE each.owner = $1) > $4 AS is_full \
    FROM notes WHERE owner = $1 AND id = $2";

pub(super) const PING: &str = "SELECT 1 FROM notes LIMIT 1";
