//! Why a protected call has no answer.

use super::refresh_error::RefreshError;
use super::transient_error::TransientError;
use crate::transport::NoAnswer;

/// Why a protected call has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallError {
    /// The session has ended.
    SignedOut,
    /// Step-up is required, and the user declined it.
    Declined,
    /// Transient error: the call was not sent.
    Transient(TransientError),
    /// The call was sent, and no answer came.
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
