//! Problem documents (RFC 9457), the errors on the wire. Which failure becomes which problem: the backend's
//! `http/error.rs`. Status and title of each code: `code.rs`.

use serde::{Deserialize, Serialize};
use types::ProblemType;
use types::problem::TYPE_PREFIX;

use crate::{ErrorCode, RevocationReason};

pub use types::problem::PROBLEM_JSON;

/// A problem document with Baton's extension members `code`, `request_id`, `errors`, `limited_by`,
/// `ended_because` and `accepted_origin`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// A URI that names the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// The error code of RFC 6749 section 5.2, in answers of its endpoints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// A sentence for people, the same for every problem of this kind.
    pub title: String,
    /// The HTTP status, repeated for clients that keep only the body.
    pub status: u16,
    /// The kind of problem, for programs.
    pub code: ErrorCode,
    /// What is wrong with this request in particular, if there is more to say than `title`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The request id, to quote to the operator; the same as the `X-Request-Id` header.
    #[serde(default)]
    pub request_id: String,
    /// With [`ErrorCode::ValidationFailed`]: each field that breaks a rule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// With [`ErrorCode::RateLimited`]: which limit it was, if the user can do more than wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limited_by: Option<LimitedBy>,
    /// With [`ErrorCode::InvalidToken`]: why the token's session was revoked, if it was. Disclosed only to the bearer
    /// of an authentic token of that session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_because: Option<RevocationReason>,
    /// The only origin whose pages may call: with [`ErrorCode::CrossSite`], and with any refusal of a call that came
    /// by another loopback name of the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted_origin: Option<String>,
}

impl Problem {
    /// A problem of this kind, without optional members.
    #[must_use]
    pub fn new(code: ErrorCode) -> Self {
        let ProblemType { status, title, .. } = code.problem_type();
        Self {
            kind: format!("{TYPE_PREFIX}{code}"),
            error: None,
            title: title.to_owned(),
            status,
            code,
            detail: None,
            request_id: String::new(),
            errors: Vec::new(),
            limited_by: None,
            ended_because: None,
            accepted_origin: None,
        }
    }
}

/// Throttling of wrong passwords (NIST SP 800-63B-4 section 3.2.2). The same whether or not the account exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LimitedBy {
    /// Throttled after several wrong passwords in a row: the next may be tried after `Retry-After`.
    WrongPasswords,
    /// Lockout of the account after too many wrong passwords in a row. A login on a known device lifts it, and so
    /// does the administrator.
    Lockout,
    /// Lockout of this session's password checks after too many wrong passwords in a row. A new login has none.
    SessionLockout,
    /// A limit that is newer than this client.
    #[serde(other)]
    Unknown,
}

/// One field that breaks one rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The member of the request body.
    pub field: String,
    /// The broken rule, for programs: `required`, `invalid`, `too_short`, `too_long`, `too_common`,
    /// `too_predictable`.
    pub code: String,
    /// How to correct it, for people.
    pub message: String,
}
