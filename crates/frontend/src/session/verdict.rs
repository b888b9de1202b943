//! What an answer to a refresh means: the client's half of docs/design/rotation.md as one pure
//! function. It must not send, store or show anything.

use std::fmt;
use std::sync::OnceLock;

use shared::body::SessionBody;
use shared::{ErrorCode, Problem};

use crate::transport::{Answer, NoAnswer};

/// What to do now.
pub enum Verdict {
    /// The next access token is here.
    Renewed(Box<SessionBody>),
    /// The one terminal refusal: the user has to log in.
    Ended,
    /// A late copy of an attempt that was answered already. Look again, else start a new attempt.
    Duplicate,
    /// The server wants the password before the session goes on (RFC 9470). Keep the session, and
    /// the key: an earlier try with it may have been carried out, and only the same key may ask again.
    PasswordWanted,
    /// Nothing is known to be lost. Keep the session.
    Transient {
        /// What to tell the user.
        trouble: Trouble,
        /// Seconds the server asks to wait.
        retry_after_seconds: Option<u32>,
        /// Whether the same request may fare better in a moment.
        worth_retrying: bool,
    },
}

/// A [`Verdict`], and whether the attempt has been answered, so that its key is done with.
pub struct Judgement {
    /// What to do now.
    pub verdict: Verdict,
    /// Only a session, the terminal refusal and "already answered" settle an attempt: they alone say
    /// what became of it. Silence, a proxy's page and every other error do not.
    pub settled: bool,
}

/// Why something did not work for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// There is no way to the server.
    Offline,
    /// The server took too long.
    Timeout,
    /// The server asks for fewer calls.
    Limited,
    /// The server, or something before it, failed.
    Unavailable,
    /// Somebody before the server does not know the key that a fresh token was signed with.
    NotYet,
    /// It takes the password, and the user has not given it.
    NoPassword,
    /// The server takes calls from pages of this origin alone, and this page has another one.
    AnotherOrigin(&'static str),
    /// The server understood and said no, for a reason this page did not expect.
    Unexpected(u16),
}

/// What the user reads; a whole sentence.
impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Offline => f.write_str("The server cannot be reached."),
            Self::Timeout => f.write_str("The server takes too long to answer."),
            Self::Limited => f.write_str("The server asks for a little patience."),
            Self::Unavailable => f.write_str("The server is not available right now."),
            Self::NotYet => {
                f.write_str(
                    "Your login is not accepted here, though it was just renewed. Where its key is not known yet, it will \
                     be in half a minute: try again then.",
                )
            }
            Self::NoPassword => f.write_str("This takes your password, and it was not given."),
            Self::AnotherOrigin(accepted) => {
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

impl From<NoAnswer> for Trouble {
    fn from(no_answer: NoAnswer) -> Self {
        match no_answer {
            NoAnswer::Offline => Self::Offline,
            NoAnswer::Timeout => Self::Timeout,
        }
    }
}

impl From<&Answer> for Trouble {
    fn from(answer: &Answer) -> Self {
        // A gateway looks for new keys now and then.
        if answer.refuses_the_token() {
            return Self::NotYet;
        }
        Self::said_by(answer.status, answer.problem().and_then(|problem| problem.accepted_origin))
    }
}

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Self {
        if problem.code == ErrorCode::InvalidToken {
            return Self::NotYet;
        }
        Self::said_by(problem.status, problem.accepted_origin)
    }
}

impl Trouble {
    fn said_by(status: u16, accepted_origin: Option<String>) -> Self {
        match status {
            408 => Self::Timeout,
            429 => Self::Limited,
            500..=599 => Self::Unavailable,
            status => match accepted_origin {
                Some(accepted) => Self::AnotherOrigin(kept(accepted)),
                None => Self::Unexpected(status),
            },
        }
    }
}

/// The server has one origin: it is kept for as long as the page lives, so that a [`Trouble`] is a plain value.
fn kept(accepted: String) -> &'static str {
    static ACCEPTED: OnceLock<String> = OnceLock::new();
    ACCEPTED.get_or_init(|| accepted)
}

/// Judges the outcome of one try to refresh. Only 401 `invalid_grant` ends a session.
#[must_use]
pub fn judge(outcome: &Result<Answer, NoAnswer>) -> Judgement {
    let answer = match outcome {
        Ok(answer) => answer,
        Err(no_answer) => {
            return Judgement {
                verdict: transient(Trouble::from(*no_answer), None, true),
                settled: false,
            };
        }
    };
    if answer.succeeded() {
        return match answer.json::<SessionBody>() {
            Some(body) => Judgement { verdict: Verdict::Renewed(Box::new(body)), settled: true },
            // Half an answer, or somebody else's: ask again with the same key.
            None => Judgement {
                verdict: transient(Trouble::Unexpected(answer.status), None, true),
                settled: false,
            },
        };
    }
    match (answer.status, answer.problem().map(|problem| problem.code)) {
        (401, Some(ErrorCode::InvalidGrant)) => {
            Judgement { verdict: Verdict::Ended, settled: true }
        }
        (409, Some(ErrorCode::DuplicateAttempt)) => {
            Judgement { verdict: Verdict::Duplicate, settled: true }
        }
        (401, Some(ErrorCode::InsufficientUserAuthentication)) => {
            Judgement { verdict: Verdict::PasswordWanted, settled: false }
        }
        (408 | 425 | 429 | 500..=599, _) | (_, None) => Judgement {
            verdict: transient(Trouble::from(answer), answer.retry_after_seconds, true),
            settled: false,
        },
        (_, Some(_)) => {
            // It says nothing about an earlier try with the same key, whose answer was lost.
            Judgement { verdict: transient(Trouble::from(answer), None, false), settled: false }
        }
    }
}

/// Whether the outcome of a change of the password says what became of its attempt. A refusal with a
/// reason does: nothing was changed. Silence, a proxy's page and a server that failed on the way do
/// not, and after them (`is_uncertain`) a refusal does not either, because an earlier try may have been
/// carried out; the refresh that follows asks again with the same key.
#[must_use]
pub fn settles_a_password_change(outcome: &Result<Answer, NoAnswer>, is_uncertain: bool) -> bool {
    match outcome {
        Ok(answer) => match answer.status {
            204 => true,
            400..=407 | 409..=499 => !is_uncertain && answer.problem().is_some(),
            _ => false,
        },
        Err(_) => false,
    }
}

const fn transient(
    trouble: Trouble,
    retry_after_seconds: Option<u32>,
    worth_retrying: bool,
) -> Verdict {
    Verdict::Transient { trouble, retry_after_seconds, worth_retrying }
}
