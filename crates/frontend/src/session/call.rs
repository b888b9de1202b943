//! A protected call with a bearer token: after a 401 refresh once and retry once; if step-up is required,
//! reauthenticate and retry once. `idempotent_action` retries lost answers.

use serde::de::DeserializeOwned;

use super::Session;
use super::call_error::CallError;
use super::memory::Token;
use super::refresh_error::RefreshError;
use super::rejected::Rejected;
use super::send::with_token;
use super::step_up_prompt::{StepUpReason, StepUpResult};
use crate::transport::{Answer, Request};

/// The result of a protected call.
pub(crate) struct CallResult {
    pub(crate) path: CallPath,
    pub(crate) answer: Result<Answer, CallError>,
}

/// How the call got its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallPath {
    /// The access token in memory was sent.
    Direct,
    /// No token in memory, so the call refreshed first.
    RefreshedFirst,
    /// The token was refused, so the call refreshed and retried.
    Retried,
}

impl Session {
    /// Sends `request` with an access token; retries it after a required step-up.
    pub(crate) async fn call(self, request: Request) -> CallResult {
        self.call_with(request, &mut None).await
    }

    /// The same, with the token in `last` if there is one. Afterwards `last` is the token that was sent last.
    pub(super) async fn call_with(self, request: Request, last: &mut Option<Token>) -> CallResult {
        let CallResult { path, answer } = self.call_once(request.clone(), last).await;
        if !answer.as_ref().is_ok_and(Answer::requires_step_up) {
            return CallResult { path, answer };
        }
        let answer = match self.require_step_up(StepUpReason::Sensitive).await {
            StepUpResult::Reauthenticated => {
                // The next token has the new `auth_time`.
                *last = None;
                self.call_once(request, last).await.answer
            }
            StepUpResult::Declined => Err(CallError::Declined),
            StepUpResult::SignedOut => Err(CallError::SignedOut),
        };
        CallResult { path, answer }
    }

    /// Makes a protected call and parses its answer.
    pub(crate) async fn fetch<T: DeserializeOwned>(self, request: Request) -> Result<T, Rejected> {
        let answer = self.call(request).await.answer?;
        let read = if answer.succeeded() { answer.json() } else { None };
        read.ok_or_else(|| Rejected::by(&answer))
    }

    async fn call_once(self, request: Request, last: &mut Option<Token>) -> CallResult {
        let (path, token) = match last.take().or_else(|| self.token()) {
            Some(token) => (CallPath::Direct, Ok(token)),
            None => (CallPath::RefreshedFirst, self.token_for_a_call(None).await),
        };
        let token = match token {
            Ok(token) => token,
            Err(error) => return CallResult { path, answer: Err(error) },
        };
        *last = Some(token.clone());
        let first = self.send(with_token(request.clone(), &token)).await;
        if !first.as_ref().is_ok_and(Answer::refuses_the_token) {
            return CallResult { path, answer: first.map_err(CallError::from) };
        }
        if self.has_ended(token.session_id) {
            // Logged out before the answer came: there is no session to refresh.
            return CallResult { path, answer: Err(CallError::SignedOut) };
        }
        let answer = match self.token_for_a_call(Some(token.serial)).await {
            // Another user has logged in since: a call of one user must not be retried as another.
            Ok(fresh) if fresh.session_id != token.session_id => Err(CallError::SignedOut),
            // One retry only: a refused fresh token will not be accepted later.
            Ok(fresh) => {
                *last = Some(fresh.clone());
                self.send(with_token(request, &fresh)).await.map_err(CallError::from)
            }
            Err(error) => Err(error),
        };
        CallResult { path: CallPath::Retried, answer }
    }

    /// An access token other than the stale one with this serial number, after a step-up if the session is suspended.
    pub(super) async fn token_for_a_call(self, stale: Option<u64>) -> Result<Token, CallError> {
        match self.fresh_token(stale).await {
            Err(RefreshError::StepUpRequired) => {
                match self.require_step_up(StepUpReason::Unusual).await {
                    StepUpResult::Reauthenticated => self.token().ok_or(CallError::SignedOut),
                    StepUpResult::Declined => Err(CallError::Declined),
                    StepUpResult::SignedOut => Err(CallError::SignedOut),
                }
            }
            token => token.map_err(CallError::from),
        }
    }
}
