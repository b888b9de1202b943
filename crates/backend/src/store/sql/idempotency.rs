//! The SQL of idempotency keys. How an account's old ones are pruned is in [`engines`](super::engines).

/// Of two copies of a request, in any transactions, one finds no key: PostgreSQL lets the second wait for the
/// commit of the first. A key that is too old counts as none.
pub(in crate::store) const USE_KEY: &str = "
    INSERT INTO idempotency_keys AS k (key_hash, request_hash, user_id, session_id, used_at)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (key_hash) DO UPDATE
    SET request_hash = $2, user_id = $3, session_id = $4, used_at = $5 -- unguarded: by its age
    WHERE k.used_at < $6";

pub(in crate::store) const USED_KEY: &str = "
    SELECT key_hash, request_hash, user_id, session_id, used_at
    FROM idempotency_keys WHERE key_hash = $1";

pub(in crate::store) const FORGET_USED_KEYS: &str = "
    DELETE FROM idempotency_keys -- unguarded: personal data is erased with its account
    WHERE user_id = $1 AND key_hash <> $2";

/// As [`PART_OF_FAILURES`](super::PART_OF_FAILURES).
pub(in crate::store) const PART_OF_USED_KEYS: &str = "
    SELECT substr(key_hash, 1, 16) AS id FROM idempotency_keys
    WHERE key_hash > $1 ORDER BY key_hash LIMIT 1 OFFSET $2";

/// Prunes one part of the table: the keys that are too old.
pub(in crate::store) const PRUNE_USED_KEYS: &str = "
    DELETE FROM idempotency_keys -- unguarded: a key never changes, it grows old
    WHERE key_hash > $1 AND key_hash <= $2 AND used_at < $3";
