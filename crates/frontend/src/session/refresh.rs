//! Refreshes the access token: single-flight in the tab, under a lock in the browser, and retried with the same
//! attempt key until it is answered. [`super::refresh_outcome`] interprets the answers.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::body::SessionBody;

use super::attempt::KeyStore;
use super::channel::Reason;
use super::memory::Token;
use super::refresh_error::{RefreshError, RefreshResult};
use super::refresh_outcome::{RefreshOutcome, classify};
use super::storage_names::DISMISSED;
use super::transient_error::TransientError;
use super::{
    Session, action_keys, attempt, back_off, clock, hint, key_store, local_storage, lock, random,
};
use crate::api;
use crate::transport::{Answer, NoAnswer, Request};

/// Without lock and database, a tab waits this long before it takes its attempt key to be shared by all tabs.
const UNLOCKED_PAUSE_MS: u32 = 100;

/// The result of one try.
enum TryResult {
    Done(RefreshResult),
    /// No token was issued, and none is lost: begin a new attempt.
    NewAttempt,
    Retry {
        error: TransientError,
        retry_after_seconds: Option<u32>,
    },
}

/// An attempt that was sent.
pub(super) struct SentAttempt {
    /// Its attempt key.
    pub(super) key: String,
    /// The answer.
    pub(super) response: Result<Answer, NoAnswer>,
    /// The meaning of the answer.
    pub(super) outcome: RefreshOutcome,
}

impl Session {
    /// An access token other than the stale one with this serial number.
    pub(super) async fn fresh_token(self, stale: Option<u64>) -> RefreshResult {
        let flight = self.flight.get_value();
        flight
            .run(self.refresh(stale))
            .await
            .unwrap_or(Err(RefreshError::Transient(TransientError::Unavailable)))
    }

    async fn refresh(self, stale: Option<u64>) -> RefreshResult {
        self.refreshing.set(true);
        let refreshed = self.refresh_with_retries(stale).await;
        self.refreshing.set(false);
        refreshed
    }

    async fn refresh_with_retries(self, stale: Option<u64>) -> RefreshResult {
        let epoch = self.epoch();
        let mut last = TransientError::Unavailable;
        for tried in 0..back_off::TRIES {
            let retry_after_seconds = match self.try_once(stale, epoch).await {
                TryResult::Done(refreshed) => return refreshed,
                TryResult::NewAttempt => continue,
                TryResult::Retry { error, retry_after_seconds } => {
                    last = error;
                    // Shown at once, not only after the back-off.
                    if self.epoch() == epoch {
                        self.transient_error.set(Some(error));
                    }
                    retry_after_seconds
                }
            };
            if tried + 1 < back_off::TRIES {
                let wait = back_off::wait_ms(tried, retry_after_seconds, random::jitter());
                clock::pause(wait).await;
            }
        }
        self.fail_transiently(last, epoch)
    }

    /// One try, under the lock. The lock is released during the back-off: another tab's refresh may succeed.
    async fn try_once(self, stale: Option<u64>, epoch: u64) -> TryResult {
        let held = lock::acquire().await;
        // The tab that held the lock may have broadcast a token; let that message arrive.
        clock::pause(0).await;
        if !held.is_exclusive() && !key_store::is_responsive() {
            // Another tab may hold the lock too, and finish while this one makes sure of the key.
            attempt_key(&held, random::fresh_key()).await;
        }
        if let Some(newer) = self.token_newer_than(stale) {
            return TryResult::Done(Ok(newer));
        }
        if self.epoch() != epoch {
            // Logged out since: a session that ended must not be refreshed.
            return TryResult::Done(Err(RefreshError::SignedOut));
        }
        let outcome = if self.cannot_be_refreshed() {
            // A refresh without the cookie would fail. Whether the session was revoked is still to be found out.
            RefreshOutcome::SignedOut
        } else {
            self.send_attempt(&held, random::fresh_key(), api::refresh).await.outcome
        };
        match outcome {
            RefreshOutcome::Renewed(body) => TryResult::Done(self.accept(*body, epoch)),
            RefreshOutcome::SignedOut => {
                let _held = held.for_another_request();
                self.ask_revocation_reason().await;
                TryResult::Done(self.accept_refusal(stale, epoch))
            }
            RefreshOutcome::Duplicate => match self.token_newer_than(stale) {
                Some(newer) => TryResult::Done(Ok(newer)),
                None => TryResult::NewAttempt,
            },
            RefreshOutcome::StepUpRequired => TryResult::Done(self.suspend(epoch)),
            RefreshOutcome::Transient { error, retry_after_seconds, worth_retrying: true } => {
                TryResult::Retry { error, retry_after_seconds }
            }
            RefreshOutcome::Transient { error, .. } => {
                TryResult::Done(self.fail_transiently(error, epoch))
            }
        }
    }

    /// Sends an attempt under the lock, with the pending key, else with `fresh`.
    pub(super) async fn send_attempt(
        self,
        held: &lock::LockGuard,
        fresh: String,
        request: impl FnOnce(&str) -> Request,
    ) -> SentAttempt {
        let key = attempt_key(held, fresh).await;
        let response = self.send(request(&key)).await;
        let classified = classify(&response);
        if classified.settled {
            key_store::in_transaction(|store| attempt::settle(store, &random::tab(), &key)).await;
        }
        SentAttempt { key, response, outcome: classified.outcome }
    }

    /// A token that another tab has broadcast, or a login has brought, since `stale` was in use.
    fn token_newer_than(self, stale: Option<u64>) -> Option<Token> {
        let now = clock::now_ms();
        self.token().filter(|token| Some(token.serial) != stale && token.expires_at_ms > now)
    }

    pub(super) fn accept(self, body: SessionBody, epoch: u64) -> RefreshResult {
        if self.epoch() != epoch || self.has_ended(body.session_id) {
            // A logout, or another user's login, came before the answer.
            return self.token().ok_or(RefreshError::SignedOut);
        }
        let token = self.adopt_and_broadcast(body);
        self.check_login_alerts(&token);
        Ok(token)
    }

    /// Handles a refused refresh. The refused ticket may have been stale, so it checks for a newer token before it
    /// ends this tab's session.
    pub(super) fn accept_refusal(self, stale: Option<u64>, epoch: u64) -> RefreshResult {
        if let Some(newer) = self.token_newer_than(stale) {
            return Ok(newer);
        }
        if self.epoch() == epoch {
            // Its attempt has been settled.
            local_storage::remove(DISMISSED);
            spawn_local(action_keys::discard_of_session(clock::unix_ms()));
            let session_id = self.session_id();
            let cause = self.revocation_reason();
            // Without a session id, a hint that is not our own is another server's: no session of this server has
            // ended.
            let was_here = session_id.is_some() || hint::is_own();
            let reason = self.sign_out_reason(cause);
            match session_id {
                Some(_) => hint::remove(),
                None => hint::disregard(),
            }
            self.forget(was_here.then_some(reason));
            Self::broadcast_sign_out(session_id, Reason::Ended, cause);
        }
        Err(RefreshError::SignedOut)
    }

    /// Suspends the session until a step-up. The caller decides whether to show the dialog: the page may be in the
    /// background.
    fn suspend(self, epoch: u64) -> RefreshResult {
        if self.epoch() != epoch {
            return Err(RefreshError::SignedOut);
        }
        self.transient_error.set(None);
        self.step_up_prompt.suspend();
        Err(RefreshError::StepUpRequired)
    }

    fn fail_transiently(self, error: TransientError, epoch: u64) -> RefreshResult {
        if self.epoch() != epoch {
            // The error belongs to a session that is no longer here.
            return Err(RefreshError::SignedOut);
        }
        self.transient_error.set(Some(error));
        Err(RefreshError::Transient(error))
    }
}

/// The attempt key to send: the pending one, else `fresh`.
async fn attempt_key(held: &lock::LockGuard, fresh: String) -> String {
    let take = move |store: &dyn KeyStore| attempt::take_or_create(store, &random::tab(), || fresh);
    let taken = key_store::in_transaction(take).await;
    let key = taken.value;
    if taken.is_atomic || held.is_exclusive() {
        return key;
    }
    // Another tab may be writing a key at this moment. Both tabs then use the one written last.
    clock::pause(UNLOCKED_PAUSE_MS).await;
    let take = move |store: &dyn KeyStore| attempt::take_or_create(store, &random::tab(), || key);
    key_store::in_transaction(take).await.value
}
