//! Sends one request of the session, and stores what a refusal says of its revocation.

use leptos::prelude::{Update as _, UpdateValue as _};

use super::Session;
use super::memory::Token;
use crate::transport::{self, Answer, NoAnswer, Request};

impl Session {
    /// Sends one request and adds it to the network log.
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

    /// Stores the revocation reason that a refusal gives for the session of `epoch`.
    pub(super) fn note_revocation_reason(self, answer: &Answer, epoch: u64) {
        if answer.refuses_the_token() && epoch == self.epoch() {
            let reason = answer.problem().and_then(|problem| problem.ended_because);
            self.memory.update_value(|memory| memory.revocation_reason = reason);
        }
    }
}

/// The request with the access token as its bearer token.
pub(super) fn with_token(request: Request, token: &Token) -> Request {
    Request { bearer: Some(token.secret.clone()), ..request }
}
