//! Error codes: the machine-readable half of a problem document. A code, once published, keeps its meaning.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The kind of error, for programs. Status and title are the server's.
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
    /// 401: invalid service credentials (RFC 6749 section 5.2).
    InvalidClient,
    /// 401: the refresh token is invalid, expired or revoked. Terminal: the user has to log in.
    InvalidGrant,
    /// 401: step-up authentication is required: the user has to give the password again (RFC 9470).
    InsufficientUserAuthentication,
    /// 403: the CSRF check failed: the call did not prove that it comes from this origin.
    CrossSite,
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
        match self {
            Self::MalformedRequest => "malformed_request",
            Self::ContentTooLarge => "content_too_large",
            Self::UriTooLong => "uri_too_long",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::HeaderFieldsTooLarge => "header_fields_too_large",
            Self::ValidationFailed => "validation_failed",
            Self::IdempotencyKeyReused => "idempotency_key_reused",
            Self::InvalidCredentials => "invalid_credentials",
            Self::InvalidToken => "invalid_token",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::InsufficientUserAuthentication => "insufficient_user_authentication",
            Self::CrossSite => "cross_site",
            Self::InsufficientScope => "insufficient_scope",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::EmailTaken => "email_taken",
            Self::DuplicateAttempt => "duplicate_attempt",
            Self::QuotaExceeded => "quota_exceeded",
            Self::PreconditionFailed => "precondition_failed",
            Self::RateLimited => "rate_limited",
            Self::InternalError => "internal_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
