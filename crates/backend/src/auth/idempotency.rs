//! Idempotency keys (draft-ietf-httpapi-idempotency-key-header): a request and its retries take effect once. Browsers
//! retry a POST by themselves if the connection closes before the answer, and users press a button again. The key is
//! stored with its change, in one transaction, where a retry finds it. The password is no part of the comparison: it
//! is verified for each retry.
//!
//! Refresh and password change have a rule of their own: `rotation::decide`.

pub(in crate::auth) mod request;

use std::sync::Arc;
use std::time::Duration;

use shared::{SessionId, UserId};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::caller::Caller;
use super::error::AuthError;
use super::permits::Permits;
use super::security_event_log::SecurityEventLog;
use crate::fail_fast::has_given_up;
use crate::store::{Change, Event, Outcome, UsedKey};
pub use request::{Idempotency, KeyedRequest};

/// How long a retry waits for the first request. Shorter than the timeout of a request.
const COPY_WAIT: Duration = Duration::from_secs(5);

/// The longest time from a commit that met a used key to the read of that key, clock skew of instances included.
const SLACK_SECONDS: i64 = 60;

/// Held while a request is processed: its retries wait at this instance. At another one, the transaction decides.
pub struct UnderWay {
    permit: Option<OwnedSemaphorePermit>,
}

impl UnderWay {
    /// Ends the turn of this request. If it could not be processed, or has waited for storage in vain, the retries that
    /// have waited for it are not processed either, rather than wait as long again.
    pub fn end(self, is_unavailable: bool) {
        if let Some(permit) = self.permit.filter(|_| is_unavailable || has_given_up()) {
            permit.semaphore().close();
        }
    }
}

/// The idempotency keys of requests, stored with the changes that they were used for.
#[derive(Clone)]
pub struct IdempotencyKeys {
    event_log: SecurityEventLog,
    /// Retries of a request wait for each other, by the hash of their key.
    copies: Arc<Permits<[u8; 32]>>,
}

impl IdempotencyKeys {
    /// The keys of changes that this event log commits.
    #[must_use]
    pub fn new(event_log: SecurityEventLog) -> Self {
        Self { event_log, copies: Arc::default() }
    }

    /// Processes a request after those with the same key that this instance is processing.
    ///
    /// # Errors
    /// Those of `work`; [`AuthError::Busy`] if another request with the key takes too long, or has waited in vain.
    pub async fn in_turn<T>(
        &self,
        request: Option<&KeyedRequest>,
        work: impl Future<Output = Result<T, AuthError>>,
    ) -> Result<T, AuthError> {
        let under_way = self.under_way(request).await?;
        let outcome = work.await;
        under_way.end(matches!(outcome, Err(AuthError::Store(_) | AuthError::Busy)));
        outcome
    }

    /// Waits for requests with the same key that this instance is processing.
    ///
    /// # Errors
    /// As [`Self::in_turn`].
    pub async fn under_way(&self, request: Option<&KeyedRequest>) -> Result<UnderWay, AuthError> {
        let Some(request) = request else { return Ok(UnderWay { permit: None }) };
        let permit = self.copies.of(request.key_hash).acquire_owned();
        match timeout(COPY_WAIT, permit).await {
            Ok(Ok(permit)) => Ok(UnderWay { permit: Some(permit) }),
            Ok(Err(_)) | Err(_) => Err(AuthError::Busy),
        }
    }

    /// The record of the same request, if it took effect before.
    ///
    /// # Errors
    /// [`AuthError::IdempotencyKeyReused`] if the key was used for another request; if storage fails.
    pub async fn earlier(
        &self,
        request: Option<&KeyedRequest>,
    ) -> Result<Option<UsedKey>, AuthError> {
        self.used_within(UsedKey::RETENTION_SECONDS, request).await
    }

    /// As [`earlier`](Self::earlier), after a change with this key did not take place: the used key that it met may
    /// have reached its retention since.
    ///
    /// # Errors
    /// As [`Self::earlier`].
    pub async fn faster(
        &self,
        request: Option<&KeyedRequest>,
    ) -> Result<Option<UsedKey>, AuthError> {
        self.used_within(UsedKey::RETENTION_SECONDS + SLACK_SECONDS, request).await
    }

    async fn used_within(
        &self,
        seconds: i64,
        request: Option<&KeyedRequest>,
    ) -> Result<Option<UsedKey>, AuthError> {
        let Some(request) = request else { return Ok(None) };
        let used = self.event_log.store.used_key(&request.key_hash).await?;
        // By the clock after the row was read. The change that is committed next judges a key's age later still, so
        // it replaces a key that is too old here.
        let oldest = self.event_log.now().plus(-seconds);
        match used.filter(|used| used.at >= oldest) {
            Some(used) if used.request_hash != request.request_hash => {
                tracing::info!(event = "idempotency_key_reused", user = %used.user);
                Err(AuthError::IdempotencyKeyReused)
            }
            used => Ok(used),
        }
    }

    /// Commits a caller's change, once for each idempotency key. For a retry, the outcome is that the change took
    /// place.
    ///
    /// # Errors
    /// As [`Self::earlier`].
    pub async fn commit_for(
        &self,
        caller: &Caller,
        change: Change,
        events: Vec<Event>,
    ) -> Result<Outcome, AuthError> {
        const REPEATED: Outcome = Outcome { rows: 1, revoked: Vec::new() };
        let request = match &caller.idempotency {
            Idempotency::Unkeyed => return Ok(self.event_log.commit(change, events).await?),
            Idempotency::Repeated => return Ok(REPEATED),
            Idempotency::Keyed(request) => request,
        };
        let (user, session) = (caller.user, Some(caller.session));
        let outcome = self.commit_keyed(Some(request), user, session, change, events).await?;
        if outcome.took_place() {
            return Ok(outcome);
        }
        // A retry may have been faster, at another instance.
        Ok(self.faster(Some(request)).await?.map_or(outcome, |_| REPEATED))
    }

    /// As [`commit_for`](Self::commit_for), for a change that may find no row to change, such as a repeated
    /// revocation: its key is stored all the same, so that a late retry does not find more.
    ///
    /// # Errors
    /// As [`Self::earlier`].
    pub async fn commit_or_note_for(
        &self,
        caller: &Caller,
        change: Change,
        events: Vec<Event>,
    ) -> Result<(), AuthError> {
        let outcome = self.commit_for(caller, change, events).await?;
        if let (false, Idempotency::Keyed(request)) = (outcome.took_place(), &caller.idempotency) {
            let (user, session) = (caller.user, Some(caller.session));
            let record = Change::Record;
            self.commit_keyed(Some(request), user, session, record, Vec::new()).await?;
        }
        Ok(())
    }

    /// Commits a change of `user`, in `session`, and the use of its idempotency key in one transaction.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn commit_keyed(
        &self,
        request: Option<&KeyedRequest>,
        user: UserId,
        session: Option<SessionId>,
        change: Change,
        events: Vec<Event>,
    ) -> Result<Outcome, AuthError> {
        let change = match request {
            Some(&KeyedRequest { key_hash, request_hash }) => {
                let at = self.event_log.clock.dated_now();
                let [lot] = self.event_log.entropy.bytes();
                let makes_room = lot.is_multiple_of(32);
                let used = UsedKey { key_hash, request_hash, user, session, at, makes_room };
                Change::Keyed(Box::new(used), Box::new(change))
            }
            None => change,
        };
        Ok(self.event_log.commit(change, events).await?)
    }
}
