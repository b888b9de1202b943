//! Step-up (RFC 9470): calls wait for the prompt ([`super::step_up_prompt`]), and the dialog reauthenticates with the
//! password. That is sent like a refresh: under the lock, with the pending attempt key, and retried with it until it
//! is answered.

use leptos::task::spawn_local;
use shared::Secret;
use shared::body::ConfirmRequest;

use super::refresh::SentAttempt;
use super::refresh_outcome::RefreshOutcome;
use super::rejected::Rejected;
use super::step_up_prompt::{StepUpReason, StepUpResult};
use super::transient_error::TransientError;
use super::{Session, clock, lock, random, retry};
use crate::api;

/// A late copy makes the attempt start over with another key, once.
const MAX_KEYS: u32 = 2;

impl Session {
    /// The reason of the pending prompt, tracked.
    pub(crate) fn step_up_reason(self) -> Option<StepUpReason> {
        self.step_up_prompt.reason()
    }

    /// Whether the session is suspended until a step-up, tracked.
    pub(crate) fn is_suspended(self) -> bool {
        self.step_up_prompt.is_suspended()
    }

    /// Asks the user for the password. Concurrent callers share the prompt and its result.
    pub(super) async fn require_step_up(self, reason: StepUpReason) -> StepUpResult {
        self.step_up_prompt.ask(reason).await
    }

    /// Prompts again for the step-up of a suspended session.
    pub(crate) fn prompt_step_up(self) {
        spawn_local(async move {
            let _ = self.require_step_up(StepUpReason::Unusual).await;
        });
    }

    /// The user declines the step-up.
    pub(crate) fn decline_step_up(self) {
        self.step_up_prompt.resolve(StepUpResult::Declined);
    }

    /// Reauthenticates with the password. The server answers as to a refresh.
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
                // The ticket was stale; the cookie jar has the next one.
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

    /// Sends the password, with retries, until an answer or the last retry. The lock is released between two tries,
    /// and is held while the answer is handled. A key that a refresh has settled in between is used again: the server
    /// knows by it what was confirmed.
    async fn send_password(
        self,
        body: &ConfirmRequest,
        epoch: u64,
    ) -> Result<(lock::LockGuard, SentAttempt), Rejected> {
        let (begun_ms, mut key, mut tried) = (clock::now_ms(), random::fresh_key(), 0);
        loop {
            let held = lock::acquire().await;
            // The tab that held the lock may have broadcast a sign-out; let that message arrive.
            clock::pause(0).await;
            if self.epoch() != epoch {
                return Err(Rejected::SignedOut);
            }
            let sent = self.send_attempt(&held, key, |key| api::confirm(body, key)).await;
            // A rate limit is shown at once: the dialog counts down the seconds.
            let wait = match sent.outcome {
                RefreshOutcome::Transient { error, retry_after_seconds, worth_retrying: true }
                    if error != TransientError::RateLimited =>
                {
                    let spent_ms = clock::now_ms() - begun_ms;
                    retry::wait_ms(tried, retry_after_seconds, spent_ms, random::jitter())
                }
                _ => None,
            };
            let Some(wait) = wait else { return Ok((held, sent)) };
            drop(held);
            clock::pause(wait).await;
            (key, tried) = (sent.key, tried + 1);
        }
    }
}
