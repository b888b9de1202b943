//! Idempotency keys (draft-ietf-httpapi-idempotency-key-header): a request that arrives twice changes a note once and
//! gets the same answer twice. The key is stored in the transaction of its change: a refused request leaves no key.
//!
//! The keys have a table of their own. A column of `notes` would hold the key of the last change alone, and none of a
//! deletion.
//!
//! A retry gets the first answer, even if the note was changed or deleted since. The answer is not stored: the retry
//! repeats title and text, the rest is [`Effect`]. If it got the note's present state, a client that sends `If-Match`
//! with that `ETag` would overwrite a later change that it has never seen; with the first `ETag` it gets 412.

use shared::{NoteId, NumericDate, UserId};
use sqlx::{Row as _, SqliteConnection};

use super::change::{Change, Effect};
use super::context::{KeyedRequest, RequestContext};
use super::error::{Refused, StoreError};
use super::{Store, sql};

/// The TTL of a key.
const RETENTION_SECONDS: i64 = 24 * 60 * 60;
/// The most keys per user; beyond that the oldest are evicted.
const KEYS_OF_A_USER: i64 = 500;
/// The most expired keys, of any users, that one write prunes. A write adds one key, so their number shrinks.
const REMOVED_AT_ONCE: i64 = 100;

impl Store {
    /// Executes a write once for each idempotency key. A replayed request gets the first effect.
    pub(super) async fn change(
        &self,
        owner: UserId,
        id: NoteId,
        change: Change<'_>,
        RequestContext { now, key }: RequestContext,
    ) -> Result<Result<Effect, Refused>, StoreError> {
        let Some(key) = key else {
            let mut connection = self.0.acquire().await?;
            return change.apply(&mut connection, owner, id, now).await;
        };
        // A concurrent copy waits here until the first request has committed, and then finds its key.
        let mut transaction = self.0.begin_with(sql::BEGIN_WRITING).await?;
        let outcome = match recall(&mut transaction, &key, now).await? {
            Some(earlier) => earlier,
            None => {
                let outcome = change.apply(&mut transaction, owner, id, now).await?;
                if let Ok(effect) = &outcome {
                    remember(&mut transaction, &key, owner, effect, now).await?;
                }
                outcome
            }
        };
        transaction.commit().await?;
        Ok(outcome)
    }

    /// Prunes all expired keys in small batches, so that other writes can run in between. Writes also prune, so this
    /// matters where there are none.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn prune_old_keys(&self, now: NumericDate) -> Result<u64, StoreError> {
        let mut removed = 0;
        loop {
            let remove = sqlx::query(sql::REMOVE_OLD_KEYS).bind(Vec::new());
            let remove = remove.bind(oldest(now)).bind(REMOVED_AT_ONCE);
            match remove.execute(&self.0).await?.rows_affected() {
                0 => return Ok(removed),
                some => removed += some,
            }
        }
    }

    /// Whether a key was used, for any request of any user.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn is_used(&self, key_hash: &[u8; 32], now: NumericDate) -> Result<bool, StoreError> {
        let used = sqlx::query(sql::USED_KEY).bind(key_hash.as_slice()).bind(oldest(now));
        Ok(used.fetch_optional(&self.0).await?.is_some())
    }
}

/// The stored outcome of the request, if its key was used.
async fn recall(
    connection: &mut SqliteConnection,
    key: &KeyedRequest,
    now: NumericDate,
) -> Result<Option<Result<Effect, Refused>>, StoreError> {
    let used = sqlx::query(sql::USED_KEY).bind(key.key_hash.as_slice()).bind(oldest(now));
    let Some(row) = used.fetch_optional(connection).await? else { return Ok(None) };
    let request_hash: &[u8] = row.try_get("request_hash")?;
    if request_hash != key.request_hash.as_slice() {
        return Ok(Some(Err(Refused::KeyReused)));
    }
    Ok(Some(Ok(Effect::of(&row)?)))
}

/// Stores the key, and prunes expired and surplus keys. The key is unique: a second insert fails, and the change with
/// it.
async fn remember(
    connection: &mut SqliteConnection,
    key: &KeyedRequest,
    owner: UserId,
    effect: &Effect,
    now: NumericDate,
) -> Result<(), StoreError> {
    let remove_old = sqlx::query(sql::REMOVE_OLD_KEYS)
        .bind(key.key_hash.as_slice())
        .bind(oldest(now))
        .bind(REMOVED_AT_ONCE);
    remove_old.execute(&mut *connection).await?;
    let insert = sqlx::query(sql::USE_KEY)
        .bind(key.key_hash.as_slice())
        .bind(key.request_hash.as_slice())
        .bind(owner.as_bytes().as_slice())
        .bind(effect.id.as_bytes().as_slice())
        .bind(effect.version)
        .bind(effect.created_at.0)
        .bind(now.0);
    insert.execute(&mut *connection).await?;
    let remove_surplus = sqlx::query(sql::REMOVE_SURPLUS_KEYS)
        .bind(owner.as_bytes().as_slice())
        .bind(KEYS_OF_A_USER);
    remove_surplus.execute(connection).await?;
    Ok(())
}

/// The earliest use that has not expired.
const fn oldest(now: NumericDate) -> i64 {
    now.plus(-RETENTION_SECONDS).0
}
