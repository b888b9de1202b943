//! Errors on the wire: problem documents (RFC 9457). Which failure becomes which problem is the
//! server's table, not here.

use serde::{Deserialize, Serialize};

use crate::{RevocationReason, ErrorCode};

/// The media type of a [`Problem`] (RFC 9457 section 3).
pub const PROBLEM_JSON: &str = "application/problem+json";

/// A problem document with Baton's extension members `code`, `request_id`, `errors`, `limited_by`,
/// `ended_because` and `accepted_origin`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// A URI that names the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem in the words of RFC 6749 section 5.2, in answers that this RFC shapes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// A sentence for people, the same for every problem of this kind.
    pub title: String,
    /// The HTTP status, repeated for those who only keep the body.
    pub status: u16,
    /// The kind of problem, for programs.
    pub code: ErrorCode,
    /// What was wrong with this request in particular, where there is more to say than `title`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What to quote to the operator; the same as the `X-Request-Id` header.
    #[serde(default)]
    pub request_id: String,
    /// With [`ErrorCode::ValidationFailed`]: each field that breaks a rule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// With [`ErrorCode::RateLimited`]: which limit it was, where waiting is not all that there is to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limited_by: Option<LimitedBy>,
    /// With [`ErrorCode::InvalidToken`]: why the token's session was ended, if it was. Told to whoever
    /// holds a genuine token of that session, and to nobody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_because: Option<RevocationReason>,
    /// With [`ErrorCode::CrossSite`]: the one origin whose pages the server takes calls from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted_origin: Option<String>,
}

impl Problem {
    /// A problem of this kind, with nothing more to say than that.
    #[must_use]
    pub fn new(code: ErrorCode, status: u16, title: &str) -> Self {
        Self {
            kind: format!("urn:baton:problem:{code}"),
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

/// A limit on wrong passwords (NIST SP 800-63B-4 section 3.2.2). The same whether or not the account exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LimitedBy {
    /// Several passwords in a row were wrong: the next may be tried after `Retry-After`.
    WrongPasswords,
    /// So many in a row were wrong that the account is locked out. A login on a device where it has been
    /// logged in to before lifts the lockout, and so does the administrator.
    Lockout,
    /// So many in a row were wrong in this session that it may try no more. A new login may.
    SessionLockout,
    /// A limit this client was built too early to know.
    #[serde(other)]
    Unknown,
}

/// One field that breaks one rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The member of the request body.
    pub field: String,
    /// Which rule, for programs: `required`, `invalid`, `too_short`, `too_long`, `too_common`,
    /// `too_predictable`.
    pub code: String,
    /// What to do about it, for people.
    pub message: String,
}
