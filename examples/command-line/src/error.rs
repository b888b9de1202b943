//! Why a call failed, by what the user can do: log in, try again, or neither.

use std::io;

use crate::transport::{Answer, NoAnswer};

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The file holds no session.
    #[error("not logged in")]
    NotLoggedIn,
    /// 401 `invalid_grant`, the one terminal answer. The file's session is removed.
    #[error(
        "the session is over: it was signed out or has expired, or a copy of its file was used as well. Log in again"
    )]
    SignedOut,
    /// 409 `duplicate_attempt`: this attempt was answered before, so the file is an old copy. The call had no effect;
    /// a new attempt would be a replay and end the session.
    #[error("this session file is an old copy: use the newer one, or log in again")]
    OldCopy,
    /// The session and the attempt key are kept: the same call may succeed later.
    #[error("{cause}; you are still logged in, try again{}", after(.retry_after_seconds))]
    Transient {
        /// What happened, for people.
        cause: String,
        /// The server's `Retry-After`.
        retry_after_seconds: Option<u64>,
    },
    /// The server refused the call, by a problem document (RFC 9457).
    #[error("{title} ({code})")]
    Refused {
        /// The kind of problem, for programs.
        code: String,
        /// A sentence for people.
        title: String,
    },
    /// A path or a cookie cannot stand in a request.
    #[error(transparent)]
    Request(#[from] http::Error),
    /// The session file, the terminal or the random source failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl ClientError {
    /// Of an answer that is no success. Without a problem document it is not Baton's own, but a proxy's.
    pub(crate) fn of(answer: &Answer) -> Self {
        let status = answer.status;
        match answer.problem() {
            Some(problem) if !matches!(status, 408 | 425 | 429 | 500..=599) => {
                Self::Refused { code: problem.code, title: problem.title }
            }
            problem => Self::Transient {
                cause: problem.map_or_else(|| format!("answer {status}"), |problem| problem.title),
                retry_after_seconds: answer.retry_after_seconds(),
            },
        }
    }
}

impl From<NoAnswer> for ClientError {
    fn from(none: NoAnswer) -> Self {
        Self::Transient { cause: none.to_string(), retry_after_seconds: None }
    }
}

fn after(seconds: &Option<u64>) -> String {
    seconds.map(|seconds| format!(" in {seconds} s")).unwrap_or_default()
}
