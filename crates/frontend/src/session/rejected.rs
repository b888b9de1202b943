//! Why something the user wanted was not done. It must not know forms, or what was wanted.

use std::fmt;

use shared::{ErrorCode, Problem};

use super::NotCalled;
use super::browser::here;
use super::verdict::Trouble;
use crate::transport::{Answer, NoAnswer};
use crate::words;

/// Why something was not done.
#[derive(Debug, Clone)]
pub(crate) enum Rejected {
    /// The server says what is wrong, and after how many seconds to come back, if it matters.
    Problem(Box<Problem>, Option<u32>),
    /// Not for now: it was not sent, or it changes nothing.
    ForNow(Trouble),
    /// It is not known whether it was done: the answer is missing. To try again does nothing twice.
    Uncertain(Trouble),
    /// The user did not give the password that it takes.
    Declined,
    /// It takes a cookie of the session, and this browser has kept none.
    NoCookies,
    /// There is no session any more.
    Ended,
}

impl Rejected {
    /// Why an answer is not the one that was hoped for.
    pub(crate) fn by(answer: &Answer) -> Self {
        match answer.problem() {
            Some(problem) => Self::Problem(Box::new(problem), answer.retry_after_seconds),
            None => Self::ForNow(Trouble::from(answer)),
        }
    }

    /// The same of something that an earlier try may have done.
    pub(super) fn into_uncertain(self) -> Self {
        match self {
            Self::Problem(problem, _) => Self::Uncertain(Trouble::from(*problem)),
            Self::ForNow(trouble) => Self::Uncertain(trouble),
            Self::Declined => Self::Uncertain(Trouble::NoPassword),
            Self::Uncertain(_) | Self::NoCookies | Self::Ended => self,
        }
    }

    /// Whether this is why our server refused.
    pub(crate) fn is(&self, code: ErrorCode) -> bool {
        matches!(self, Self::Problem(problem, _) if problem.code == code)
    }
}

impl From<NoAnswer> for Rejected {
    fn from(no_answer: NoAnswer) -> Self {
        Self::ForNow(no_answer.into())
    }
}

impl From<NotCalled> for Rejected {
    fn from(not_called: NotCalled) -> Self {
        match not_called {
            NotCalled::Ended => Self::Ended,
            NotCalled::Declined => Self::Declined,
            NotCalled::ForNow(trouble) | NotCalled::Unanswered(trouble) => Self::ForNow(trouble),
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
                    f.write_str(&words::why_not_from_here(accepted, &here, &path))
                }
                None => f.write_str(&problem.title),
            },
            Self::ForNow(trouble) => trouble.fmt(f),
            Self::Uncertain(trouble) => {
                write!(
                    f,
                    "{trouble} It is not known whether this was done. Try again: it is not done twice."
                )
            }
            Self::Declined => {
                f.write_str("Nothing was done: this takes your password, and it was not given.")
            }
            Self::NoCookies => f.write_str(words::TAKES_A_COOKIE),
            Self::Ended => {
                f.write_str("The session that this was for is not logged in here any more.")
            }
        }
    }
}
