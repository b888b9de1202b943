//! Idempotency keys (draft-ietf-httpapi-idempotency-key-header): a request and its retries take effect once. Browsers
//! retry a POST by themselves if the connection closes before the answer, and users press a button again. The key is
//! stored with its change, in one transaction, where a retry finds it. The password is no part of the comparison: it
//! is verified for each retry. It must not know HTTP.
//!
//! Refresh and password change have a rule of their own: `rotation::decide`.

pub mod copies;
pub(in crate::auth) mod request;

use std::time::Duration;

use rotation::{Generation, SignIn, decide_sign_in};
use shared::{EventKind, SessionId, UserId};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::caller::Caller;
use super::risk::network::network;
use super::security_event_log::SecurityEventLog;
use super::session::refresh::Sessions;
use crate::auth::error::AuthError;
use crate::auth::token::issue_tokens::IssuedTokens;
use crate::store::{Change, ClientInfo, Event, Outcome, UsedKey, User};
pub use request::{Idempotency, KeyedRequest};

/// How long a retry waits for the first request. Shorter than the timeout of a request.
const COPY_WAIT: Duration = Duration::from_secs(5);

/// The longest time from a commit that met a used key to the read of that key, clock skew of instances included.
const SLACK_SECONDS: i64 = 60;

/// Held while a request is processed: its retries wait at this instance. At another one, the transaction decides.
pub struct UnderWay {
    _permit: Option<OwnedSemaphorePermit>,
}

impl SecurityEventLog {
    /// Waits for a request with the same key that this instance is processing.
    ///
    /// # Errors
    /// [`AuthError::Busy`] after a timeout.
    pub async fn under_way(&self, request: Option<&KeyedRequest>) -> Result<UnderWay, AuthError> {
        let Some(request) = request else { return Ok(UnderWay { _permit: None }) };
        let permit = self.copies().of(request.key_hash).acquire_owned();
        let permit = timeout(COPY_WAIT, permit).await.map_err(|_| AuthError::Busy)?;
        // The semaphore is never closed.
        Ok(UnderWay { _permit: permit.ok() })
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
    /// As [`SecurityEventLog::earlier`].
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
        let used = self.store.used_key(&request.key_hash).await?;
        let oldest = self.now().plus(-seconds);
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
    /// As [`SecurityEventLog::earlier`].
    pub async fn commit_for(
        &self,
        caller: &Caller,
        change: Change,
        events: Vec<Event>,
    ) -> Result<Outcome, AuthError> {
        const REPEATED: Outcome = Outcome { rows: 1, revoked: Vec::new() };
        let request = match &caller.idempotency {
            Idempotency::Unkeyed => return Ok(self.commit(change, events).await?),
            Idempotency::Repeated => return Ok(REPEATED),
            Idempotency::Keyed(request) => request,
        };
        let by = (caller.user, Some(caller.session));
        let outcome = self.commit_keyed(Some(request), by, change, events).await?;
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
    /// As [`SecurityEventLog::earlier`].
    pub async fn commit_or_note_for(
        &self,
        caller: &Caller,
        change: Change,
        events: Vec<Event>,
    ) -> Result<(), AuthError> {
        let outcome = self.commit_for(caller, change, events).await?;
        if let (false, Idempotency::Keyed(request)) = (outcome.took_place(), &caller.idempotency) {
            let by = (caller.user, Some(caller.session));
            self.commit_keyed(Some(request), by, Change::Record, Vec::new()).await?;
        }
        Ok(())
    }

    /// Commits a change and the use of its idempotency key in one transaction.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn commit_keyed(
        &self,
        request: Option<&KeyedRequest>,
        (user, session): (UserId, Option<SessionId>),
        change: Change,
        events: Vec<Event>,
    ) -> Result<Outcome, AuthError> {
        let change = match request {
            Some(&KeyedRequest { key_hash, request_hash }) => {
                let at = self.clock.dated_now();
                let [lot] = self.entropy.bytes();
                let makes_room = lot.is_multiple_of(32);
                let used = UsedKey { key_hash, request_hash, user, session, at, makes_room };
                Change::Keyed(Box::new(used), Box::new(change))
            }
            None => change,
        };
        Ok(self.commit(change, events).await?)
    }
}

/// Where a retry of a sign-in comes from, compared with the session that it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The same network and device, as far as known.
    Same,
    /// Another network or device: a browser that has moved, or a thief who has copied the whole request. The
    /// session's events show it.
    Another,
}

impl Place {
    fn of_copy(session: &ClientInfo, copy: &ClientInfo) -> (Self, Vec<EventKind>) {
        let mut kinds = Vec::new();
        if network(session.address) != network(copy.address) {
            kinds.push(EventKind::NewNetwork);
        }
        if session.device != copy.device {
            kinds.push(EventKind::NewDevice);
        }
        (if kinds.is_empty() { Self::Same } else { Self::Another }, kinds)
    }
}

impl Sessions {
    /// Answers the retry of a sign-in whose password was verified: with the session that the same attempt has
    /// created, and with ticket 1, which is computed and not stored.
    ///
    /// # Errors
    /// [`AuthError::DuplicateAttempt`] if that session was refreshed, is revoked or expired: ticket 1 is not issued
    /// again. [`AuthError::IdempotencyKeyReused`] if it is another user's: of two accounts whose addresses differ in
    /// spelling.
    pub async fn answer_sign_in_again(
        &self,
        earlier: &UsedKey,
        user: User,
        client: &ClientInfo,
    ) -> Result<(IssuedTokens, Place), AuthError> {
        if earlier.user != user.id {
            return Err(AuthError::IdempotencyKeyReused);
        }
        // Taken before the row is read, as in `judge`: by a later clock the row as read could have expired.
        let now = self.event_log.trusted_now()?;
        let found = match earlier.session {
            Some(session) => self.event_log.store.find_session(session).await?,
            None => None,
        };
        let Some((session, _)) = found else {
            return Err(AuthError::DuplicateAttempt);
        };
        match decide_sign_in(Some(&session.family), now, self.policy) {
            SignIn::AnswerAgain => {
                let (place, kinds) = Place::of_copy(&session.client, client);
                let events = [EventKind::AnsweredAgain].into_iter().chain(kinds).map(|kind| {
                    self.event_log.event(kind, Some(user.id), client).in_session(session.id)
                });
                self.event_log.note(events.collect()).await;
                Ok((self.issue_tokens(&session, user, Generation::FIRST).await?, place))
            }
            SignIn::Begin | SignIn::Duplicate => Err(AuthError::DuplicateAttempt),
        }
    }
}
