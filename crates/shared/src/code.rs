//! Error codes, the machine-readable half of a problem document (RFC 9457), and the table of their problem types:
//! status and title of each. A code, once published, keeps its meaning.

use std::fmt;

use serde::{Deserialize, Serialize};
use types::ProblemType;

/// The kind of error, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorCode {
    /// 400: the request is malformed.
    MalformedRequest,
    /// 413: the body is larger than any this server reads.
    ContentTooLarge,
    /// 414: the path and query are longer than any this server reads.
    UriTooLong,
    /// 415: the body is not `application/json`.
    UnsupportedMediaType,
    /// 431: the header section is larger than any this server reads.
    HeaderFieldsTooLarge,
    /// 422: readable, but some fields break a rule; `errors` says which.
    ValidationFailed,
    /// 422: the `Idempotency-Key` was used for another request, or by another caller. The call had no effect.
    IdempotencyKeyReused,
    /// 401: unknown user, wrong password or disabled user; never which.
    InvalidCredentials,
    /// 401: the access token is missing, expired, forged or of a revoked session.
    InvalidToken,
    /// 401: invalid credentials of a service, or an unknown native client (RFC 6749 section 5.2).
    InvalidClient,
    /// 400: the service may not revoke this token, which is not of its audience. The call had no effect.
    UnauthorizedClient,
    /// 401, or 400 at the token endpoint (RFC 6749 section 5.2): the refresh token is invalid, expired or revoked.
    /// Terminal: the user has to log in.
    InvalidGrant,
    /// 401: step-up authentication is required: the user has to give the password again (RFC 9470).
    InsufficientUserAuthentication,
    /// 403: the CSRF check failed: the call did not prove that it comes from this origin.
    CrossSite,
    /// 403: the call is for native clients, and came from a browser.
    NotForBrowsers,
    /// 403: the access token does not allow this call.
    InsufficientScope,
    /// 404: no such resource.
    NotFound,
    /// 405: the resource does not support this method; see `Allow`.
    MethodNotAllowed,
    /// 409: an account with this email address exists.
    EmailTaken,
    /// 409: a late copy of a refresh or a login that was already answered. The call had no effect; do not sign out.
    DuplicateAttempt,
    /// 409: the user's quota is used up; deleting frees it.
    QuotaExceeded,
    /// 412: the resource has changed since the caller read it (see `ETag`), or the caller's session is not the
    /// expected one.
    PreconditionFailed,
    /// 429: rate limit exceeded; see `Retry-After`.
    RateLimited,
    /// 500: a fault of the server, confined to this request.
    InternalError,
    /// 503: storage failed, or the server is overloaded; see `Retry-After`.
    TemporarilyUnavailable,
    /// A code that is newer than this client.
    #[serde(other)]
    Unknown,
}

impl ErrorCode {
    /// The code as it stands on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.problem_type().code
    }

    /// The table of problem types (RFC 9457 section 4): status, code and title of each, once for all services.
    #[must_use]
    pub const fn problem_type(self) -> ProblemType {
        use ProblemType as P;
        match self {
            Self::MalformedRequest => P::MALFORMED_REQUEST,
            Self::ContentTooLarge => P::new(413, "content_too_large", "The body is too large."),
            Self::UriTooLong => P::new(414, "uri_too_long", "The address is too long."),
            Self::UnsupportedMediaType => {
                P::new(415, "unsupported_media_type", "Send the body as application/json.")
            }
            Self::HeaderFieldsTooLarge => {
                P::new(431, "header_fields_too_large", "The headers are too large.")
            }
            Self::ValidationFailed => {
                P::new(422, "validation_failed", "Some fields need another look.")
            }
            Self::IdempotencyKeyReused => P::new(
                422,
                "idempotency_key_reused",
                "This Idempotency-Key was used for another request; nothing happened.",
            ),
            Self::InvalidCredentials => {
                P::new(401, "invalid_credentials", "Email address or password is wrong.")
            }
            Self::InvalidToken => P::INVALID_TOKEN,
            Self::InvalidClient => P::new(
                401,
                "invalid_client",
                "There is no client with this id or these credentials.",
            ),
            Self::UnauthorizedClient => P::new(
                400,
                "unauthorized_client",
                "This service may not revoke this token; nothing happened.",
            ),
            Self::InvalidGrant => {
                P::new(401, "invalid_grant", "The session is over. Log in again.")
            }
            Self::InsufficientUserAuthentication => P::INSUFFICIENT_USER_AUTHENTICATION,
            Self::CrossSite => P::new(403, "cross_site", "The call does not come from this site."),
            Self::NotForBrowsers => P::new(
                403,
                "not_for_browsers",
                "This call is for programs; browsers log in on the site.",
            ),
            Self::InsufficientScope => P::INSUFFICIENT_SCOPE,
            Self::NotFound => P::new(404, "not_found", "There is nothing here."),
            Self::MethodNotAllowed => P::new(
                405,
                "method_not_allowed",
                "This cannot be done with this method; see Allow.",
            ),
            Self::EmailTaken => {
                P::new(409, "email_taken", "An account with this email address exists.")
            }
            Self::DuplicateAttempt => P::new(
                409,
                "duplicate_attempt",
                "This attempt was already answered; nothing happened.",
            ),
            Self::QuotaExceeded => P::new(409, "quota_exceeded", "Your notes are full."),
            Self::PreconditionFailed => P::new(
                412,
                "precondition_failed",
                "This is another session than the one that was meant; nothing happened.",
            ),
            Self::RateLimited => P::new(429, "rate_limited", "Too many attempts. Try again later."),
            Self::InternalError => P::INTERNAL_ERROR,
            Self::TemporarilyUnavailable => P::TEMPORARILY_UNAVAILABLE,
            // No server answers with it.
            Self::Unknown => P::new(500, "unknown", P::INTERNAL_ERROR.title),
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
