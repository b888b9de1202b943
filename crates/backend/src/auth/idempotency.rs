//! Idempotency keys (draft-ietf-httpapi-idempotency-key-header): a request that arrives twice has one effect. Browsers send
//! a POST again by themselves when a connection closes before its answer, and users press a button again. The key is
//! stored with the change that it was used for, in one transaction; a copy of the request finds it there. Passwords take
//! no part: they are verified for each copy. It must not know HTTP.
//!
//! Refresh and password change have a rule of their own: `rotation::decide`.

pub mod copies;

use std::time::Duration;

use rotation::{Attempt, Generation, SignIn, decide_sign_in};
use sha2::{Digest as _, Sha256};
use shared::{EventKind, SessionId, UserId};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;
use verifier::IdempotencyKey;

use super::callers::Caller;
use super::risk::network;
use super::security_event_log::SecurityEventLog;
use super::sessions::Sessions;
use super::{AuthError, IssuedTokens};
use crate::store::{Change, ClientInfo, Event, Outcome, UsedKey, User};

/// How long a copy waits for the request that came first. Less than a request may take.
const COPY_WAIT: Duration = Duration::from_secs(5);

/// What lies between a commit that met a key and the look at it, clocks of instances included.
const SLACK_SECONDS: i64 = 60;

/// An idempotency key and the request that it came with, as hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyedRequest {
    key_hash: [u8; 32],
    request_hash: [u8; 32],
}

impl KeyedRequest {
    /// A request is the same if all of these are: which call it is, for whom, and what its body says, but no password.
    #[must_use]
    pub fn new(key: &IdempotencyKey, parts: &[&[u8]]) -> Self {
        Self { key_hash: key.hash(), request_hash: key.request_hash(parts) }
    }
}

impl KeyedRequest {
    /// A confirmation in this session with this attempt key, which belongs to the rotation: a refresh may have had the same key.
    pub(super) fn of_confirmation(attempt: &Attempt, session: SessionId) -> Self {
        let hash = Sha256::new_with_prefix("confirm").chain_update(attempt.hash());
        let hash = hash.chain_update(session.as_bytes()).finalize().into();
        Self { key_hash: hash, request_hash: hash }
    }
}

/// Whether a call with an access token can be a copy of an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idempotency {
    /// It has no key: each call is a call of its own.
    Unkeyed,
    /// It has a key that was not used before.
    Keyed(KeyedRequest),
    /// It is a copy: what it asks for has taken place.
    Repeated,
}

/// Held while a request is under way: a copy of it waits at this instance. At another one, the transaction decides.
pub struct UnderWay {
    _permit: Option<OwnedSemaphorePermit>,
}

impl SecurityEventLog {
    /// Waits for a request with the same key that is under way at this instance.
    ///
    /// # Errors
    /// [`AuthError::Busy`] if it takes too long.
    pub async fn under_way(&self, request: Option<&KeyedRequest>) -> Result<UnderWay, AuthError> {
        let Some(request) = request else { return Ok(UnderWay { _permit: None }) };
        let permit = self.copies().of(request.key_hash).acquire_owned();
        let permit = timeout(COPY_WAIT, permit).await.map_err(|_| AuthError::Busy)?;
        // The semaphore is never closed.
        Ok(UnderWay { _permit: permit.ok() })
    }

    /// What the same request has done before, if it has.
    ///
    /// # Errors
    /// [`AuthError::IdempotencyKeyReused`] if the key was used for another request; if storage fails.
    pub async fn earlier(
        &self,
        request: Option<&KeyedRequest>,
    ) -> Result<Option<UsedKey>, AuthError> {
        self.used_within(UsedKey::RETENTION_SECONDS, request).await
    }

    /// The same after a change with this key did not take place: it may have met a key that was a day old a moment later.
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

    /// Carries out a change that a caller asks for, once for each idempotency key. The outcome of a copy is that the
    /// change took place.
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
        // A copy may have been faster, at another instance.
        Ok(self.faster(Some(request)).await?.map_or(outcome, |_| REPEATED))
    }

    /// The same for a change that is right to find nothing to change, such as an end to what has ended: its key is used all
    /// the same, so that a late copy does not find more.
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

    /// Carries a change out together with the use of its key, or does neither.
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

/// From where a copy of a sign-in comes, compared with the session that it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// From the same network and device, as far as that can be known.
    Same,
    /// From elsewhere: a browser that has changed its network, or one who has copied the whole request. The session tells.
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
    /// Answers a sign-in again whose password was verified: with the session that the same attempt has begun, and with
    /// ticket 1, which is computed and not stored.
    ///
    /// # Errors
    /// [`AuthError::DuplicateAttempt`] if that session was refreshed or has ended: ticket 1 is not given out again.
    /// [`AuthError::IdempotencyKeyReused`] if it is another user's: of two accounts whose addresses differ in spelling.
    pub async fn answer_sign_in_again(
        &self,
        earlier: &UsedKey,
        user: User,
        client: &ClientInfo,
    ) -> Result<(IssuedTokens, Place), AuthError> {
        if earlier.user != user.id {
            return Err(AuthError::IdempotencyKeyReused);
        }
        // Before the row is read, as in `judge`: by a later clock the row as it was read could have run out.
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
