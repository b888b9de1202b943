//! A protected call: attach the token; if it is refused, refresh once and repeat once; if the server
//! wants the password first, ask for it and repeat once. It must not know which call it is, or ask again for an answer that was
//! lost: that is for `once`.

use leptos::prelude::Update as _;
use serde::de::DeserializeOwned;

use super::refresh::RefreshError;
use super::rejected::Rejected;
use super::step_up::{StepUpReason, StepUpResult};
use super::transient_error::TransientError;
use super::{Session, Token};
use crate::transport::{self, Answer, NoAnswer, Request};

/// What came of a protected call.
pub(crate) struct CallResult {
    pub(crate) path: CallPath,
    pub(crate) answer: Result<Answer, CallError>,
}

/// How the call went about its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallPath {
    /// The token at hand was sent.
    Direct,
    /// There was none, so it was fetched first.
    RefreshedFirst,
    /// The token at hand was refused; it was renewed and the call repeated.
    Retried,
}

/// Why a protected call has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallError {
    /// There is no session any more.
    SignedOut,
    /// It takes the password, and the user would rather not give it.
    Declined,
    /// Not for now: it was not sent.
    Transient(TransientError),
    /// It was sent, and no answer came.
    Unanswered(TransientError),
}

impl From<RefreshError> for CallError {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::SignedOut => Self::SignedOut,
            RefreshError::StepUpRequired => Self::Declined,
            RefreshError::Transient(error) => Self::Transient(error),
        }
    }
}

impl From<NoAnswer> for CallError {
    fn from(no_answer: NoAnswer) -> Self {
        Self::Unanswered(no_answer.into())
    }
}

impl Session {
    /// Sends one request and notes it in the wire log.
    pub(super) async fn send(self, request: Request) -> Result<Answer, NoAnswer> {
        self.recheck_cookies();
        let (method, path) = (request.method.clone(), request.path.clone());
        let epoch = self.epoch();
        let outcome = transport::send(request).await;
        let status = outcome.as_ref().ok().map(|answer| answer.status);
        self.network_log.update(|network_log| network_log.push(method.as_str(), &path, status));
        if let Ok(answer) = &outcome {
            self.note_revocation_reason(answer, epoch);
        }
        outcome
    }

    /// Sends `request` with an access token, and again if the user has to give the password first.
    pub(crate) async fn call(self, request: Request) -> CallResult {
        self.call_with(request, &mut None).await
    }

    /// The same, with the token in `last` if there is one. It is the one that was sent last, afterwards.
    pub(super) async fn call_with(self, request: Request, last: &mut Option<Token>) -> CallResult {
        let CallResult { path, answer } = self.call_once(request.clone(), last).await;
        if !answer.as_ref().is_ok_and(Answer::requires_step_up) {
            return CallResult { path, answer };
        }
        let answer = match self.require_step_up(StepUpReason::Sensitive).await {
            StepUpResult::Reauthenticated => {
                // The next token says that the password was given.
                *last = None;
                self.call_once(request, last).await.answer
            }
            StepUpResult::Declined => Err(CallError::Declined),
            StepUpResult::SignedOut => Err(CallError::SignedOut),
        };
        CallResult { path, answer }
    }

    /// Makes a protected call and reads its answer, or says why there is none.
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
            // Logged out before the answer came: there is nothing to refresh.
            return CallResult { path, answer: Err(CallError::SignedOut) };
        }
        let answer = match self.token_for_a_call(Some(token.serial)).await {
            // Somebody else has logged in meanwhile: what was asked for one user is not asked as another.
            Ok(fresh) if fresh.session_id != token.session_id => Err(CallError::SignedOut),
            // Repeated once: a token that is refused fresh will not get better.
            Ok(fresh) => {
                *last = Some(fresh.clone());
                self.send(with_token(request, &fresh)).await.map_err(CallError::from)
            }
            Err(error) => Err(error),
        };
        CallResult { path: CallPath::Retried, answer }
    }

    /// An access token other than the one with the serial number `stale`, after the password if the
    /// session stands still without it.
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

pub(super) fn with_token(request: Request, token: &Token) -> Request {
    Request { bearer: Some(token.secret.clone()), ..request }
}
