//! Sends idempotent actions: one click, one effect. An action takes its idempotency key before it is sent, retries
//! with the same key until it is answered, and then discards the key. [`super::retry`] interprets answers, and
//! [`super::pending_action`] selects the key.

use serde::de::DeserializeOwned;
use shared::ErrorCode;

use super::call_error::CallError;
use super::lock::{self, LockGuard};
use super::memory::Token;
use super::pending_action::TakenKey;
use super::rejected::Rejected;
use super::retry::{self, Outcome};
use super::transient_error::TransientError;
use super::{Session, action_keys, clock, random};
use crate::action::Action;
use crate::transport::{Answer, Request};

/// An action that was carried out. Its key is pending until [`Completed::settle`].
#[must_use]
pub(super) struct Completed<T> {
    value: T,
    key: String,
    /// Whether the key is an earlier click's: then the effect may be that click's, and the state may have changed
    /// since.
    resumed: bool,
}

impl<T> Completed<T> {
    /// Discards the key, and returns the server's answer.
    pub(super) async fn settle(self, action: &Action) -> T {
        action_keys::settle(action, &self.key).await;
        self.value
    }
}

/// Why an action is not known to be carried out.
pub(super) enum ActionError {
    /// The server refused.
    Refused {
        /// The refusal.
        answer: Answer,
        /// Whether the refusal covers all tries with the key. Otherwise an earlier try may have been carried out.
        is_final: bool,
    },
    /// Sent, but unanswered. The idempotency key stays pending.
    Uncertain(TransientError),
    /// Not sent.
    NotSent(CallError),
}

impl From<ActionError> for Rejected {
    fn from(error: ActionError) -> Self {
        match error {
            ActionError::Refused { answer, is_final: true } => Self::by(&answer),
            ActionError::Refused { answer, is_final: false } => {
                Self::Uncertain(TransientError::from(&answer))
            }
            ActionError::Uncertain(error) => Self::Uncertain(error),
            ActionError::NotSent(call_error) => call_error.into(),
        }
    }
}

/// How an action is sent.
pub(super) enum SendMode {
    /// The request as it is, under the refresh lock.
    UnderLock(LockTurn),
    /// With an access token, after a refresh or a step-up if needed. A retry reuses the token of the try before: the
    /// server answers it even if the action has revoked the session, or the token has expired.
    WithToken(Option<Token>),
}

/// The refresh lock, released between tries: other tabs wait for it only until a timeout.
pub(super) struct LockTurn {
    /// `None` between two tries.
    pub(super) held: Option<LockGuard>,
    /// The epoch for which the action is valid; `None` for any.
    pub(super) epoch: Option<u64>,
}

impl SendMode {
    /// Releases the lock for other tabs.
    fn release_lock(&mut self) {
        if let Self::UnderLock(turn) = self {
            turn.held = None;
        }
    }
}

impl Session {
    /// Carries out an action that is answered with 204.
    pub(crate) async fn carry_out(self, action: &Action) -> Result<(), Rejected> {
        let holds = async |_: &()| -> Result<bool, Rejected> { Ok(true) };
        self.send_idempotent(action, no_content, holds).await
    }

    /// Carries out an action that is answered with what it has created. `is_there` is the `holds` of
    /// [`Session::send_idempotent`].
    pub(crate) async fn create<T: DeserializeOwned>(
        self,
        action: &Action,
        is_there: impl AsyncFnOnce(&T) -> Result<bool, Rejected>,
    ) -> Result<T, Rejected> {
        self.send_idempotent(action, Answer::json::<T>, is_there).await
    }

    /// Carries out a protected action. `read` parses a successful answer; `None` if it is not our server's. The
    /// answer to an earlier click may be stale: `holds` checks it, and if it is, the action is sent with a new key.
    /// The old key stays pending until then.
    pub(super) async fn send_idempotent<T>(
        self,
        action: &Action,
        read: impl Fn(&Answer) -> Option<T>,
        holds: impl AsyncFnOnce(&T) -> Result<bool, Rejected>,
    ) -> Result<T, Rejected> {
        let mut mode = SendMode::WithToken(None);
        let done = self.send_until_answered(action, &mut mode, &read).await?;
        if done.resumed && !holds(&done.value).await.map_err(Rejected::into_uncertain)? {
            done.settle(action).await;
            let done = self.send_until_answered(action, &mut mode, &read).await?;
            return Ok(done.settle(action).await);
        }
        Ok(done.settle(action).await)
    }

    /// Sends an action until it is answered. If the server knows the key from another request, such as one of a
    /// former session, the action was not carried out, and takes a new key.
    pub(super) async fn send_until_answered<T>(
        self,
        action: &Action,
        mode: &mut SendMode,
        read: impl Fn(&Answer) -> Option<T>,
    ) -> Result<Completed<T>, ActionError> {
        let asked = self.send_with_one_key(action, mode, &read).await;
        if !is_refused(&asked, ErrorCode::IdempotencyKeyReused) {
            return asked;
        }
        action_keys::discard(action).await;
        mode.release_lock();
        self.send_with_one_key(action, mode, &read).await
    }

    /// The same, but it does not replace a key that the server knows from another request.
    pub(super) async fn send_with_one_key<T>(
        self,
        action: &Action,
        mode: &mut SendMode,
        read: impl Fn(&Answer) -> Option<T>,
    ) -> Result<Completed<T>, ActionError> {
        let begun_ms = clock::now_ms();
        let TakenKey { key, resumed } = action_keys::take(action).await;
        let mut is_uncertain = resumed;
        let mut tried = 0;
        loop {
            let sent = match self.send_in_mode(mode, action.keyed(&key)).await {
                Ok(answer) => Ok(answer),
                Err(CallError::Unanswered(error)) => Err(error),
                Err(call_error) => {
                    return Err(not_sent(action, &key, call_error, is_uncertain).await);
                }
            };
            match retry::classify(sent, &read) {
                Outcome::Done(value) => return Ok(Completed { value, key, resumed }),
                Outcome::Refused(answer) => {
                    return Err(refused(action, &key, answer, is_uncertain).await);
                }
                Outcome::Unanswered { error, retry_after_seconds } => {
                    is_uncertain = true;
                    let spent_ms = clock::now_ms() - begun_ms;
                    let wait =
                        retry::wait_ms(tried, retry_after_seconds, spent_ms, random::jitter());
                    let Some(wait) = wait else { return Err(ActionError::Uncertain(error)) };
                    mode.release_lock();
                    clock::pause(wait).await;
                    tried += 1;
                }
            }
        }
    }

    async fn send_in_mode(
        self,
        mode: &mut SendMode,
        request: Request,
    ) -> Result<Answer, CallError> {
        match mode {
            SendMode::UnderLock(turn) => {
                if turn.held.is_none() {
                    turn.held = Some(lock::acquire().await);
                    // The tab that held the lock may have broadcast a login or a sign-out; let that message arrive.
                    clock::pause(0).await;
                }
                if turn.epoch.is_some_and(|epoch| self.epoch() != epoch) {
                    return Err(CallError::SignedOut);
                }
                self.send(request).await.map_err(CallError::from)
            }
            SendMode::WithToken(last) => self.call_with(request, last).await.answer,
        }
    }
}

/// Accepts 204 only: another 2xx may be a proxy's page.
pub(super) fn no_content(answer: &Answer) -> Option<()> {
    (answer.status == 204).then_some(())
}

/// Whether the server refused with this code.
pub(super) fn is_refused<T>(asked: &Result<T, ActionError>, code: ErrorCode) -> bool {
    matches!(asked, Err(ActionError::Refused { answer, .. }) if answer.is(code))
}

async fn not_sent(
    action: &Action,
    key: &str,
    call_error: CallError,
    is_uncertain: bool,
) -> ActionError {
    match call_error {
        CallError::Transient(error) if is_uncertain => ActionError::Uncertain(error),
        CallError::Declined if is_uncertain => {
            ActionError::Uncertain(TransientError::StepUpDeclined)
        }
        call_error => {
            if !is_uncertain {
                action_keys::settle(action, key).await;
            }
            ActionError::NotSent(call_error)
        }
    }
}

async fn refused(action: &Action, key: &str, answer: Answer, is_uncertain: bool) -> ActionError {
    // A validation error of this request applies to every copy of it.
    let is_wrong = action.digest_covers_request() && answer.is(ErrorCode::ValidationFailed);
    let is_final = is_wrong || retry::settles(&answer, is_uncertain);
    if is_final {
        action_keys::settle(action, key).await;
    }
    ActionError::Refused { answer, is_final }
}
