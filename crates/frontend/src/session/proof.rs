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
use super::{Session, again, browser, lock};
use crate::api;

/// A late copy makes one begin with another key, once.
const KEYS: u32 = 2;

/// What the password is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// What the user is about to do is for the owner of the account alone.
    Sensitive,
    /// The session wants to go on somewhere unusual.
    Unusual,
}

/// What came of asking, for all who waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    /// The password was given, and it was the right one.
    Given,
    /// The user would rather not.
    Declined,
    /// The session ended, or another one took its place.
    Over,
}

/// The question to the user, if there is one.
#[derive(Clone, Copy)]
pub(super) struct Question {
    asked: RwSignal<Option<Why>>,
    /// Whether the session stands still until the password is given.
    held_up: RwSignal<bool>,
    flight: StoredValue<Arc<SingleFlight<Proof>>>,
    reply: StoredValue<Option<oneshot::Sender<Proof>>>,
}

impl Question {
    pub(super) fn new() -> Self {
        Self {
            asked: RwSignal::new(None),
            held_up: RwSignal::new(false),
            flight: StoredValue::new(Arc::default()),
            reply: StoredValue::new(None),
        }
    }

    async fn ask(self, why: Why) -> Proof {
        let (reply, replied) = oneshot::channel();
        self.reply.set_value(Some(reply));
        self.asked.set(Some(why));
        replied.await.unwrap_or(Proof::Declined)
    }

    fn settle(self, proof: Proof) {
        if let Some(reply) = self.reply.try_update_value(Option::take).flatten() {
            // Whoever waited may be gone.
            let _ = reply.send(proof);
        }
        if self.asked.get_untracked().is_some() {
            self.asked.set(None);
        }
    }

    /// The server wants the password before the session goes on.
    pub(super) fn hold_up(self) {
        self.held_up.set(true);
    }

    /// A token has arrived in the session that waited: wherever it was given, it was the password.
    pub(super) fn gone_on(self) {
        self.held_up.set(false);
        if self.asked.get_untracked() == Some(Why::Unusual) {
            self.settle(Proof::Given);
        }
    }

    /// Whoever was asked is not logged in here any more.
    pub(super) fn over(self) {
        self.held_up.set(false);
        self.settle(Proof::Over);
    }
}

impl Session {
    /// What the user is being asked the password for, tracked.
    pub(crate) fn password_wanted(self) -> Option<Why> {
        self.question.asked.get()
    }

    /// Whether the session stands still until the password is given, tracked.
    pub(crate) fn is_held_up(self) -> bool {
        self.question.held_up.get()
    }

    /// Asks the user for the password. Who comes while they are being asked gets the same answer.
    pub(super) async fn prove(self, why: Why) -> Proof {
        let flight = self.question.flight.get_value();
        flight.run(self.question.ask(why)).await.unwrap_or(Proof::Declined)
    }

    /// Asks again for the password that a session which stands still needs.
    pub(crate) fn ask_to_go_on(self) {
        spawn_local(async move {
            let _ = self.prove(Why::Unusual).await;
        });
    }

    /// The user would rather not give the password.
    pub(crate) fn decline(self) {
        self.question.settle(Proof::Declined);
    }

    /// Gives the password to the server. Its answer is that of a refresh, and taken as one.
    pub(crate) async fn confirm(self, password: Secret) -> Result<(), Rejected> {
        let (epoch, stale) = (self.epoch(), self.token().map(|token| token.serial));
        let body = ConfirmRequest { password };
        if self.cannot_be_refreshed() {
            return Err(Rejected::NoCookies);
        }
        for _ in 0..KEYS {
            let (_held, sent) = self.ask_with_password(&body, epoch).await?;
            let SentAttempt { response, outcome, .. } = sent;
            match outcome {
                RefreshOutcome::Renewed(body) => {
                    let _ = self.accept(*body, epoch).map_err(|_| Rejected::SignedOut)?;
                    self.question.settle(Proof::Given);
                    return Ok(());
                }
                RefreshOutcome::SignedOut if self.accept_the_end(stale, epoch).is_err() => {
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
    async fn ask_with_password(
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
                    again::wait_ms(tried, retry_after_seconds, spent_ms, browser::jitter())
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
