//! Why an issuer accepts no token: it is invalid (401), or that cannot be decided now (503). It must not hold any
//! text of a token, against log injection.

use crate::Rejection;

/// What is missing for a verdict. It is no statement about the token: answer 503, to be retried.
#[derive(thiserror::Error, Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unavailable {
    /// No keys were fetched, or the last good ones are too stale.
    #[error("the issuer's keys are not available")]
    Keys,
    /// The status of the session is unknown: no status list was fetched, or the last good one has expired.
    #[error("the status list is not available")]
    StatusList,
}

/// Why a token is not accepted.
///
/// Exhaustive on purpose: a server must handle every case.
#[derive(thiserror::Error, Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerifyError {
    /// The token is not valid.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// Whether the token is valid cannot be decided now.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}
