//! Why a request of the user failed.

use std::fmt;

use shared::{ErrorCode, Problem};

use super::call_error::CallError;
use super::location::here;
use super::transient_error::TransientError;
use crate::messages;
use crate::transport::{Answer, NoAnswer};

/// Why a request of the user failed.
#[derive(Debug, Clone)]
pub(crate) enum Rejected {
    /// The server's problem document, and its `Retry-After` in seconds.
    Problem(Box<Problem>, Option<u32>),
    /// A transient error: not sent, or a call that changes no state.
    Transient(TransientError),
    /// Unanswered, so it is uncertain whether it was carried out. It is idempotent: a retry does not do it twice.
    Uncertain(TransientError),
    /// Step-up is required, and the user declined it.
    Declined,
    /// It needs a cookie of the session, and this browser has kept none.
    NoCookies,
    /// The session has ended.
    SignedOut,
}

impl Rejected {
    /// The reason in a refusal.
    pub(crate) fn by(answer: &Answer) -> Self {
        match answer.problem() {
            Some(problem) => Self::Problem(Box::new(problem), answer.retry_after_seconds),
            None => Self::Transient(TransientError::from(answer)),
        }
    }

    /// The same for a request that an earlier try may have carried out.
    pub(super) fn into_uncertain(self) -> Self {
        match self {
            Self::Problem(problem, _) => Self::Uncertain(TransientError::from(*problem)),
            Self::Transient(error) => Self::Uncertain(error),
            Self::Declined => Self::Uncertain(TransientError::StepUpDeclined),
            Self::Uncertain(_) | Self::NoCookies | Self::SignedOut => self,
        }
    }

    /// Whether the server refused with this code.
    pub(crate) fn is(&self, code: ErrorCode) -> bool {
        matches!(self, Self::Problem(problem, _) if problem.code == code)
    }
}

impl From<NoAnswer> for Rejected {
    fn from(no_answer: NoAnswer) -> Self {
        Self::Transient(no_answer.into())
    }
}

impl From<CallError> for Rejected {
    fn from(call_error: CallError) -> Self {
        match call_error {
            CallError::SignedOut => Self::SignedOut,
            CallError::Declined => Self::Declined,
            CallError::Transient(error) | CallError::Unanswered(error) => Self::Transient(error),
        }
    }
}

/// Whole sentences for the user.
impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Problem(problem, _) => match &problem.accepted_origin {
                Some(accepted) => {
                    let (here, path) = here();
                    f.write_str(&messages::why_not_from_here(accepted, &here, &path))
                }
                None => f.write_str(&problem.title),
            },
            Self::Transient(error) => error.fmt(f),
            Self::Uncertain(error) => {
                write!(
                    f,
                    "{error} It is not known whether this was done. Try again: it is not done twice."
                )
            }
            Self::Declined => {
                f.write_str("Nothing was done: this takes your password, and it was not given.")
            }
            Self::NoCookies => f.write_str(messages::TAKES_A_COOKIE),
            Self::SignedOut => {
                f.write_str("The session that this was for is not logged in here any more.")
            }
        }
    }
}
