//! Idempotency keys (draft-ietf-httpapi-idempotency-key-header): a request that arrives twice changes a note once, and is
//! answered twice alike. A key is stored in the transaction of the change that it was used for, or not at all: a refused
//! request leaves none. It must not know HTTP.
//!
//! The keys have a table of their own. A column of `notes` would hold the key of the last change alone, and none of a
//! deletion.
//!
//! A copy gets the first answer, also if the note was changed or deleted since. The answer is not stored: the copy brings
//! title and text along, the rest is [`Effect`]. With the note as it is now, a client that sends `If-Match` with the `ETag`
//! of the answer would overwrite a later change that it has never seen; with the first `ETag` it is 412.

use shared::{NoteId, NumericDate, UserId};
use sqlx::{Row as _, SqliteConnection};

use super::change::{Change, Effect};
use super::{Refused, RequestContext, Store, StoreError, sql};

/// How long a key is remembered.
const RETENTION_SECONDS: i64 = 24 * 60 * 60;
/// How many keys of a user are remembered; the oldest give way.
const KEYS_OF_A_USER: i64 = 500;
/// How many keys of any users a change removes at most because they are old. It adds one, so that they become fewer.
const REMOVED_AT_ONCE: i64 = 100;

/// A request with an idempotency key, as two hashes (`verifier::IdempotencyKey`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyedRequest {
    /// SHA-256 of the key.
    pub key_hash: [u8; 32],
    /// SHA-256 of the key, the user and the request.
    pub request_hash: [u8; 32],
}

impl Store {
    /// Carries a change out, but only once for each idempotency key. The effect is that of the first time.
    pub(super) async fn change(
        &self,
        whose: (UserId, NoteId),
        change: Change<'_>,
        RequestContext { now, key }: RequestContext,
    ) -> Result<Result<Effect, Refused>, StoreError> {
        let Some(key) = key else {
            let mut connection = self.0.acquire().await?;
            return change.apply(&mut connection, whose, now).await;
        };
        // A copy waits here until the change of the first request is committed, and then finds its key.
        let mut transaction = self.0.begin_with(sql::BEGIN_WRITING).await?;
        let outcome = match recall(&mut transaction, &key, now).await? {
            Some(earlier) => earlier,
            None => {
                let outcome = change.apply(&mut transaction, whose, now).await?;
                if let Ok(effect) = &outcome {
                    remember(&mut transaction, &key, (whose.0, effect), now).await?;
                }
                outcome
            }
        };
        transaction.commit().await?;
        Ok(outcome)
    }

    /// Removes all keys that are too old, a few at a time, so that others may write in between. Where notes are written, each
    /// change does it on the way.
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

/// What the request has come to before, if its key was used.
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

/// Stores the key, and removes what need not be kept. The key is unique: if it were there, this would fail, and the change
/// with it.
async fn remember(
    connection: &mut SqliteConnection,
    key: &KeyedRequest,
    (owner, effect): (UserId, &Effect),
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

/// The earliest instant at which a key was used that is remembered now.
const fn oldest(now: NumericDate) -> i64 {
    now.plus(-RETENTION_SECONDS).0
}
