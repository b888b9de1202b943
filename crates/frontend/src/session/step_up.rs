//! The user proves again who they are (RFC 9470). Who needs the proof waits here, the dialog asks for
//! the password, and the password travels as a refresh does: one at a time in this browser, with the
//! attempt key that may still be pending, and again with that key while there is no answer. It must not know the dialog.

use std::sync::Arc;

use futures_channel::oneshot;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::Secret;
use shared::body::ConfirmRequest;

use super::refresh::SentAttempt;
use super::refresh_outcome::RefreshOutcome;
use super::rejected::Rejected;
use super::single_flight::SingleFlight;
use super::transient_error::TransientError;
use super::{Session, browser, lock, retry};
use crate::api;

/// A late copy makes one begin with another key, once.
const MAX_KEYS: u32 = 2;

/// What the password is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepUpReason {
    /// What the user is about to do is for the owner of the account alone.
    Sensitive,
    /// The session wants to go on somewhere unusual.
    Unusual,
}

/// What came of asking, for all who waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StepUpResult {
    /// The password was given, and it was the right one.
    Reauthenticated,
    /// The user would rather not.
    Declined,
    /// The session ended, or another one took its place.
    SignedOut,
}

/// The question to the user, if there is one.
#[derive(Clone, Copy)]
pub(super) struct StepUpPrompt {
    pending: RwSignal<Option<StepUpReason>>,
    /// Whether the session stands still until the password is given.
    suspended: RwSignal<bool>,
    flight: StoredValue<Arc<SingleFlight<StepUpResult>>>,
    reply: StoredValue<Option<oneshot::Sender<StepUpResult>>>,
}

impl StepUpPrompt {
    pub(super) fn new() -> Self {
        Self {
            pending: RwSignal::new(None),
            suspended: RwSignal::new(false),
            flight: StoredValue::new(Arc::default()),
            reply: StoredValue::new(None),
        }
    }

    async fn prompt(self, reason: StepUpReason) -> StepUpResult {
        let (reply, replied) = oneshot::channel();
        self.reply.set_value(Some(reply));
        self.pending.set(Some(reason));
        replied.await.unwrap_or(StepUpResult::Declined)
    }

    fn resolve(self, result: StepUpResult) {
        if let Some(reply) = self.reply.try_update_value(Option::take).flatten() {
            // Whoever waited may be gone.
            let _ = reply.send(result);
        }
        if self.pending.get_untracked().is_some() {
            self.pending.set(None);
        }
    }

    /// The server wants the password before the session goes on.
    pub(super) fn suspend(self) {
        self.suspended.set(true);
    }

    /// A token has arrived in the session that waited: wherever it was given, it was the password.
    pub(super) fn resumed(self) {
        self.suspended.set(false);
        if self.pending.get_untracked() == Some(StepUpReason::Unusual) {
            self.resolve(StepUpResult::Reauthenticated);
        }
    }

    /// Whoever was asked is not logged in here any more.
    pub(super) fn signed_out(self) {
        self.suspended.set(false);
        self.resolve(StepUpResult::SignedOut);
    }
}

impl Session {
    /// What the user is being asked the password for, tracked.
    pub(crate) fn step_up_reason(self) -> Option<StepUpReason> {
        self.step_up_prompt.pending.get()
    }

    /// Whether the session stands still until the password is given, tracked.
    pub(crate) fn is_suspended(self) -> bool {
        self.step_up_prompt.suspended.get()
    }

    /// Asks the user for the password. Who comes while they are being asked gets the same answer.
    pub(super) async fn require_step_up(self, reason: StepUpReason) -> StepUpResult {
        let flight = self.step_up_prompt.flight.get_value();
        flight.run(self.step_up_prompt.prompt(reason)).await.unwrap_or(StepUpResult::Declined)
    }

    /// Asks again for the password that a session which stands still needs.
    pub(crate) fn prompt_step_up(self) {
        spawn_local(async move {
            let _ = self.require_step_up(StepUpReason::Unusual).await;
        });
    }

    /// The user would rather not give the password.
    pub(crate) fn decline_step_up(self) {
        self.step_up_prompt.resolve(StepUpResult::Declined);
    }

    /// Gives the password to the server. Its answer is that of a refresh, and taken as one.
    pub(crate) async fn reauthenticate(self, password: Secret) -> Result<(), Rejected> {
        let (epoch, stale) = (self.epoch(), self.token().map(|token| token.serial));
        let body = ConfirmRequest { password };
        if self.cannot_be_refreshed() {
            return Err(Rejected::NoCookies);
        }
        for _ in 0..MAX_KEYS {
            let (_held, sent) = self.send_password(&body, epoch).await?;
            let SentAttempt { response, outcome, .. } = sent;
            match outcome {
                RefreshOutcome::Renewed(body) => {
                    let _ = self.accept(*body, epoch).map_err(|_| Rejected::SignedOut)?;
                    self.step_up_prompt.resolve(StepUpResult::Reauthenticated);
                    return Ok(());
                }
                RefreshOutcome::SignedOut if self.accept_refusal(stale, epoch).is_err() => {
                    return Err(Rejected::SignedOut);
                }
                // The ticket was an old one; the next is in the jar.
                RefreshOutcome::SignedOut | RefreshOutcome::Duplicate => {}
                RefreshOutcome::StepUpRequired | RefreshOutcome::Transient { .. } => {
                    return Err(
                        response.map_or_else(Rejected::from, |answer| Rejected::by(&answer))
                    );
                }
            }
        }
        Err(Rejected::Transient(TransientError::Unavailable))
    }

    /// Sends the password until there is an answer, or patience is over. The lock is let go between two tries, and is held
    /// while the answer is taken. A key that a refresh has settled in between is used again: the server knows by it what has
    /// been confirmed.
    async fn send_password(
        self,
        body: &ConfirmRequest,
        epoch: u64,
    ) -> Result<(lock::LockGuard, SentAttempt), Rejected> {
        let (begun_ms, mut key, mut tried) = (browser::now_ms(), browser::fresh_key(), 0);
        loop {
            let held = lock::acquire().await;
            // The tab that had the lock before may have told of an end; let that message arrive.
            browser::pause(0).await;
            if self.epoch() != epoch {
                return Err(Rejected::SignedOut);
            }
            let sent = self.send_attempt(&held, key, |key| api::confirm(body, key)).await;
            // A limit is shown at once: the dialog counts the seconds.
            let wait = match sent.outcome {
                RefreshOutcome::Transient { error, retry_after_seconds, worth_retrying: true }
                    if error != TransientError::RateLimited =>
                {
                    let spent_ms = browser::now_ms() - begun_ms;
                    retry::wait_ms(tried, retry_after_seconds, spent_ms, browser::jitter())
                }
                _ => None,
            };
            let Some(wait) = wait else { return Ok((held, sent)) };
            drop(held);
            browser::pause(wait).await;
            (key, tried) = (sent.key, tried + 1);
        }
    }
}
