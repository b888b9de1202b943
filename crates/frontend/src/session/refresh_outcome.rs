//! What an answer to a refresh means: the client's half of docs/design/rotation.md as one pure
//! function. It must not send, store or show anything.

use shared::ErrorCode;
use shared::body::SessionBody;

use super::transient_error::TransientError;
use crate::transport::{Answer, NoAnswer};

/// What to do now.
pub enum RefreshOutcome {
    /// The next access token is here.
    Renewed(Box<SessionBody>),
    /// The one terminal refusal: the user has to log in.
    SignedOut,
    /// A late copy of an attempt that was answered already. Look again, else start a new attempt.
    Duplicate,
    /// The server wants the password before the session goes on (RFC 9470). Keep the session, and
    /// the key: an earlier try with it may have been carried out, and only the same key may ask again.
    StepUpRequired,
    /// Nothing is known to be lost. Keep the session.
    Transient {
        /// What to tell the user.
        error: TransientError,
        /// Seconds the server asks to wait.
        retry_after_seconds: Option<u32>,
        /// Whether the same request may fare better in a moment.
        worth_retrying: bool,
    },
}

/// A [`RefreshOutcome`], and whether the attempt has been answered, so that its key is done with.
pub struct ClassifiedRefresh {
    /// What to do now.
    pub outcome: RefreshOutcome,
    /// Only a session, the terminal refusal and "already answered" settle an attempt: they alone say
    /// what became of it. Silence, a proxy's page and every other error do not.
    pub settled: bool,
}

/// Judges the outcome of one try to refresh. Only 401 `invalid_grant` ends a session.
#[must_use]
pub fn classify(response: &Result<Answer, NoAnswer>) -> ClassifiedRefresh {
    let answer = match response {
        Ok(answer) => answer,
        Err(no_answer) => {
            return ClassifiedRefresh {
                outcome: transient(TransientError::from(*no_answer), None, true),
                settled: false,
            };
        }
    };
    if answer.succeeded() {
        return match answer.json::<SessionBody>() {
            Some(body) => ClassifiedRefresh {
                outcome: RefreshOutcome::Renewed(Box::new(body)),
                settled: true,
            },
            // Half an answer, or somebody else's: ask again with the same key.
            None => ClassifiedRefresh {
                outcome: transient(TransientError::Unexpected(answer.status), None, true),
                settled: false,
            },
        };
    }
    match (answer.status, answer.problem().map(|problem| problem.code)) {
        (401, Some(ErrorCode::InvalidGrant)) => {
            ClassifiedRefresh { outcome: RefreshOutcome::SignedOut, settled: true }
        }
        (409, Some(ErrorCode::DuplicateAttempt)) => {
            ClassifiedRefresh { outcome: RefreshOutcome::Duplicate, settled: true }
        }
        (401, Some(ErrorCode::InsufficientUserAuthentication)) => {
            ClassifiedRefresh { outcome: RefreshOutcome::StepUpRequired, settled: false }
        }
        (408 | 425 | 429 | 500..=599, _) | (_, None) => ClassifiedRefresh {
            outcome: transient(TransientError::from(answer), answer.retry_after_seconds, true),
            settled: false,
        },
        (_, Some(_)) => {
            // It says nothing about an earlier try with the same key, whose answer was lost.
            ClassifiedRefresh {
                outcome: transient(TransientError::from(answer), None, false),
                settled: false,
            }
        }
    }
}

/// Whether the outcome of a change of the password says what became of its attempt. A refusal with a
/// reason does: nothing was changed. Silence, a proxy's page and a server that failed on the way do
/// not, and after them (`is_uncertain`) a refusal does not either, because an earlier try may have been
/// carried out; the refresh that follows asks again with the same key.
#[must_use]
pub fn settles_a_password_change(response: &Result<Answer, NoAnswer>, is_uncertain: bool) -> bool {
    match response {
        Ok(answer) => match answer.status {
            204 => true,
            400..=407 | 409..=499 => !is_uncertain && answer.problem().is_some(),
            _ => false,
        },
        Err(_) => false,
    }
}

const fn transient(
    error: TransientError,
    retry_after_seconds: Option<u32>,
    worth_retrying: bool,
) -> RefreshOutcome {
    RefreshOutcome::Transient { error, retry_after_seconds, worth_retrying }
}
