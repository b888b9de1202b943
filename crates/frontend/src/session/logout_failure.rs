//! Why a logout failed, in whole sentences. The user is still logged in.

use std::fmt;

use super::transient_error::TransientError;

/// Why a logout failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogoutFailure {
    /// The server is unreachable or refused.
    Transient(TransientError),
    /// Another session has replaced the expected one.
    Replaced,
}

/// Whole sentences for the user.
impl fmt::Display for LogoutFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transient(error) => {
                write!(f, "You are still logged in: {error} Try again before you leave this computer.")
            }
            Self::Replaced => f.write_str(
                "You are still logged in: another login has taken the place of the one you wanted to leave.",
            ),
        }
    }
}
