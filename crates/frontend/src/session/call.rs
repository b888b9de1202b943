//! A protected call: attach the token; if it is refused, refresh once and repeat once. It must not
//! know which call it is.

use super::refresh::NotRefreshed;
use super::verdict::Trouble;
use super::{Session, Token};
use crate::transport::{Answer, NoAnswer, Request};

/// What came of a protected call.
pub(crate) struct Called {
    pub(crate) relay: Relay,
    pub(crate) answer: Result<Answer, NotCalled>,
}

/// How the call went about its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relay {
    /// The token at hand was sent.
    AtOnce,
    /// There was none, so it was fetched first.
    RefreshedFirst,
    /// The token at hand was refused; it was renewed and the call repeated.
    Repeated,
}

/// Why a protected call has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotCalled {
    /// There is no session any more.
    Ended,
    /// Not for now.
    ForNow(Trouble),
}

impl From<NotRefreshed> for NotCalled {
    fn from(not_refreshed: NotRefreshed) -> Self {
        match not_refreshed {
            NotRefreshed::Ended => Self::Ended,
            NotRefreshed::ForNow(trouble) => Self::ForNow(trouble),
        }
    }
}

impl From<NoAnswer> for NotCalled {
    fn from(no_answer: NoAnswer) -> Self {
        Self::ForNow(no_answer.into())
    }
}

impl Session {
    /// Sends `request` with an access token.
    pub(crate) async fn call(self, request: Request) -> Called {
        let (relay, token) = match self.token() {
            Some(token) => (Relay::AtOnce, Ok(token)),
            None => (Relay::RefreshedFirst, self.fresh_token(None).await),
        };
        let token = match token {
            Ok(token) => token,
            Err(error) => {
                return Called { relay, answer: Err(error.into()) };
            }
        };
        let first = self.send(with_token(request.clone(), &token)).await;
        if !first.as_ref().is_ok_and(Answer::refuses_the_token) {
            return Called { relay, answer: first.map_err(NotCalled::from) };
        }
        let answer = match self.fresh_token(Some(token.serial)).await {
            // Somebody else has logged in meanwhile: what was asked for one user is not asked as another.
            Ok(fresh) if fresh.session_id != token.session_id => Err(NotCalled::Ended),
            // Repeated once: a token that is refused fresh will not get better.
            Ok(fresh) => self.send(with_token(request, &fresh)).await.map_err(NotCalled::from),
            Err(error) => Err(error.into()),
        };
        Called { relay: Relay::Repeated, answer }
    }
}

fn with_token(request: Request, token: &Token) -> Request {
    Request { bearer: Some(token.secret.clone()), ..request }
}
