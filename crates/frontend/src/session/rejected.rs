//! Why something the user wanted was not done. It must not know forms, or what was wanted.

use std::fmt;

use shared::{ErrorCode, Problem};

use super::CallError;
use super::browser::here;
use super::transient_error::TransientError;
use crate::messages;
use crate::transport::{Answer, NoAnswer};

/// Why something was not done.
#[derive(Debug, Clone)]
pub(crate) enum Rejected {
    /// The server says what is wrong, and after how many seconds to come back, if it matters.
    Problem(Box<Problem>, Option<u32>),
    /// Not for now: it was not sent, or it changes nothing.
    Transient(TransientError),
    /// It is not known whether it was done: the answer is missing. To try again does nothing twice.
    Uncertain(TransientError),
    /// The user did not give the password that it takes.
    Declined,
    /// It takes a cookie of the session, and this browser has kept none.
    NoCookies,
    /// There is no session any more.
    SignedOut,
}

impl Rejected {
    /// Why an answer is not the one that was hoped for.
    pub(crate) fn by(answer: &Answer) -> Self {
        match answer.problem() {
            Some(problem) => Self::Problem(Box::new(problem), answer.retry_after_seconds),
            None => Self::Transient(TransientError::from(answer)),
        }
    }

    /// The same of something that an earlier try may have done.
    pub(super) fn into_uncertain(self) -> Self {
        match self {
            Self::Problem(problem, _) => Self::Uncertain(TransientError::from(*problem)),
            Self::Transient(error) => Self::Uncertain(error),
            Self::Declined => Self::Uncertain(TransientError::StepUpDeclined),
            Self::Uncertain(_) | Self::NoCookies | Self::SignedOut => self,
        }
    }

    /// Whether this is why our server refused.
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

/// What the user reads; whole sentences.
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
