//! Classifies the answer to a refresh: the client's half of docs/design/rotation.md as one pure function.

use shared::ErrorCode;
use shared::body::SessionBody;

use super::transient_error::TransientError;
use crate::transport::{Answer, NoAnswer};

/// What the client has to do.
pub enum RefreshOutcome {
    /// The next access token.
    Renewed(Box<SessionBody>),
    /// The one terminal refusal: the user has to log in.
    SignedOut,
    /// A late copy of an answered attempt. Look for a newer token, else start a new attempt.
    Duplicate,
    /// Step-up is required (RFC 9470): keep the session and the attempt key. An earlier try with the key may have
    /// been carried out, and only the same key may retry it.
    StepUpRequired,
    /// A transient error: keep the session.
    Transient {
        /// The error to show.
        error: TransientError,
        /// The server's `Retry-After` in seconds.
        retry_after_seconds: Option<u32>,
        /// Whether a retry of the same request may succeed.
        worth_retrying: bool,
    },
}

/// A [`RefreshOutcome`], and whether the attempt is answered, so that its key can be removed.
pub struct ClassifiedRefresh {
    /// What the client has to do.
    pub outcome: RefreshOutcome,
    /// Only a session, the terminal refusal and "already answered" settle an attempt: they alone tell its result. A
    /// missing answer, a proxy's page and any other error do not.
    pub settled: bool,
}

/// Classifies the answer to one try of a refresh. Only 401 `invalid_grant` ends a session.
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
            // Half an answer, or a proxy's: retry with the same key.
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
            // It does not tell the result of an earlier, unanswered try with the same key.
            ClassifiedRefresh {
                outcome: transient(TransientError::from(answer), None, false),
                settled: false,
            }
        }
    }
}

/// Whether the answer to a password change tells the result of its attempt. A refusal with a problem document does:
/// the password was not changed. A missing answer, a proxy's page and a 5xx do not, and after them (`is_uncertain`)
/// neither does a refusal, because an earlier try may have been carried out; the next refresh retries with the same
/// key.
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
