//! The result of a refresh: an access token, or why there is none.

use super::memory::Token;
use super::transient_error::TransientError;

/// The result, for all callers that share the single-flight.
pub(super) type RefreshResult = Result<Token, RefreshError>;

/// Why a refresh got no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefreshError {
    /// The session has ended.
    SignedOut,
    /// Step-up is required. The session is suspended until then.
    StepUpRequired,
    /// Transient error. The session stays.
    Transient(TransientError),
}
