//! Transient errors, with their messages for users: no connection, a timeout, a rate limit, an unavailable server.
//! The session stays, and a retry may succeed.

use std::fmt;
use std::sync::OnceLock;

use shared::{ErrorCode, Problem};

use crate::transport::{Answer, NoAnswer};

/// Why a request failed for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransientError {
    /// The server is unreachable.
    Offline,
    /// Timeout.
    Timeout,
    /// Rate limit of the server or a gateway.
    RateLimited,
    /// The server, or a proxy before it, failed.
    Unavailable,
    /// A fresh token was refused: the JWKS cache of a gateway may be stale, and lack the key that signed it.
    TokenNotAccepted,
    /// Step-up is required, and the user declined it.
    StepUpDeclined,
    /// The server accepts calls from pages of this origin only, and this page has another one.
    WrongOrigin(&'static str),
    /// A refusal that this page did not expect.
    Unexpected(u16),
}

/// A whole sentence for the user.
impl fmt::Display for TransientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Offline => f.write_str("The server cannot be reached."),
            Self::Timeout => f.write_str("The server takes too long to answer."),
            Self::RateLimited => f.write_str("There were too many requests in a short time."),
            Self::Unavailable => f.write_str("The server is not available right now."),
            Self::TokenNotAccepted => {
                f.write_str(
                    "Your login is not accepted here, though it was just renewed. Where its key is not known yet, it will \
                     be in half a minute: try again then.",
                )
            }
            Self::StepUpDeclined => f.write_str("This takes your password, and it was not given."),
            Self::WrongOrigin(accepted) => {
                write!(
                    f,
                    "The server takes calls from pages at {accepted} alone. Open that address instead."
                )
            }
            Self::Unexpected(status) => {
                write!(f, "The server gave an answer this page does not understand ({status}).")
            }
        }
    }
}

impl From<NoAnswer> for TransientError {
    fn from(no_answer: NoAnswer) -> Self {
        match no_answer {
            NoAnswer::Offline => Self::Offline,
            NoAnswer::Timeout => Self::Timeout,
        }
    }
}

impl From<&Answer> for TransientError {
    fn from(answer: &Answer) -> Self {
        // A gateway refreshes its JWKS cache from time to time.
        if answer.refuses_the_token() {
            return Self::TokenNotAccepted;
        }
        Self::from_status(
            answer.status,
            answer.problem().and_then(|problem| problem.accepted_origin),
        )
    }
}

impl From<Problem> for TransientError {
    fn from(problem: Problem) -> Self {
        if problem.code == ErrorCode::InvalidToken {
            return Self::TokenNotAccepted;
        }
        Self::from_status(problem.status, problem.accepted_origin)
    }
}

impl TransientError {
    fn from_status(status: u16, accepted_origin: Option<String>) -> Self {
        match status {
            408 => Self::Timeout,
            429 => Self::RateLimited,
            500..=599 => Self::Unavailable,
            status => match accepted_origin {
                Some(accepted) => Self::WrongOrigin(cached(accepted)),
                None => Self::Unexpected(status),
            },
        }
    }
}

/// The server has one accepted origin: caching it for the page's lifetime keeps [`TransientError`] a `Copy` value.
fn cached(accepted: String) -> &'static str {
    static ACCEPTED: OnceLock<String> = OnceLock::new();
    ACCEPTED.get_or_init(|| accepted)
}
