//! The errors of a call, and the one table of each error's code; status and title of a code are those of
//! [`ErrorCode::problem_type`]. `request.rs` writes the bodies on the way out: a problem document needs the request's
//! id.

use std::any::Any;
use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use shared::note::{MAX_NOTES, MAX_NOTES_BYTES};
use shared::{ErrorCode, FieldError};
use verifier::remote::Unavailable;

use crate::rate_limit::RateLimited;
use crate::store::{Refused, StoreError};

/// `Retry-After` of a 503, in seconds.
const UNAVAILABLE_SECONDS: u64 = 1;
/// The quota, for the user.
const QUOTA: &str =
    "You can keep 1,000 notes, with 10 MB of text in all. Delete or shorten some to make room.";
const _: () = assert!(MAX_NOTES == 1_000 && MAX_NOTES_BYTES == 10_000_000, "QUOTA says so");

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The request is malformed; how to correct it.
    #[error("malformed request: {0}")]
    Malformed(&'static str),
    /// The body is too large.
    #[error("content too large")]
    ContentTooLarge,
    /// The `Content-Type` is not JSON.
    #[error("unsupported media type")]
    UnsupportedMediaType,
    /// Fields that break a rule.
    #[error("fields break rules")]
    Invalid(Vec<FieldError>),
    /// There is no such resource, or it is another user's.
    #[error("not found")]
    NotFound,
    /// The resource does not support the method.
    #[error("method not allowed")]
    MethodNotAllowed,
    /// The note is not in a version that the caller expects.
    #[error("a precondition is false")]
    PreconditionFailed,
    /// The idempotency key was used for another request, or by another user.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The caller's quota is used up.
    #[error("the quota is exceeded")]
    QuotaExceeded,
    /// The caller exceeds the rate limit.
    #[error("the rate limit is exceeded")]
    RateLimited(RateLimited),
    /// The handler panicked.
    #[error("the handler panicked")]
    Panicked,
    /// The handler's timeout has passed.
    #[error("the handler took too long")]
    TookTooLong,
    /// The issuer's keys or status list are unavailable, so no access token can be verified.
    #[error(transparent)]
    Issuer(#[from] Unavailable),
    /// The database is unavailable.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ApiError {
    /// The code of each error.
    pub(super) const fn code(&self) -> ErrorCode {
        match self {
            Self::Malformed(_) => ErrorCode::MalformedRequest,
            Self::ContentTooLarge => ErrorCode::ContentTooLarge,
            Self::UnsupportedMediaType => ErrorCode::UnsupportedMediaType,
            Self::Invalid(_) => ErrorCode::ValidationFailed,
            Self::NotFound => ErrorCode::NotFound,
            Self::MethodNotAllowed => ErrorCode::MethodNotAllowed,
            Self::PreconditionFailed => ErrorCode::PreconditionFailed,
            // The status that draft-ietf-httpapi-idempotency-key-header asks for.
            Self::KeyReused => ErrorCode::IdempotencyKeyReused,
            // Not 507 (RFC 4331): the service has not failed, and the user can resolve the conflict (RFC 9110
            // section 15.5.10).
            Self::QuotaExceeded => ErrorCode::QuotaExceeded,
            Self::RateLimited(_) => ErrorCode::RateLimited,
            Self::Panicked => ErrorCode::InternalError,
            Self::TookTooLong | Self::Issuer(_) | Self::Store(_) => {
                ErrorCode::TemporarilyUnavailable
            }
        }
    }

    /// The status, which is that of the code.
    pub(super) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.code().problem_type().status).expect("a status of the table")
    }

    /// The title: that of the code, except where Baton's own speaks of its sessions and its logins.
    pub(super) const fn title(&self) -> &'static str {
        match self {
            Self::PreconditionFailed => "The note has changed since. Look at it again.",
            Self::RateLimited(_) => "That was too often. Try again in a moment.",
            _ => self.code().problem_type().title,
        }
    }

    /// The `detail` member: what is wrong with this request in particular.
    pub(super) const fn detail(&self) -> Option<&'static str> {
        match self {
            Self::Malformed(detail) => Some(detail),
            Self::QuotaExceeded => Some(QUOTA),
            _ => None,
        }
    }

    /// The seconds of `Retry-After`.
    pub(super) fn retry_after(&self) -> Option<u64> {
        match self {
            Self::RateLimited(RateLimited { retry_after }) => Some(*retry_after),
            _ if self.status() == StatusCode::SERVICE_UNAVAILABLE => Some(UNAVAILABLE_SECONDS),
            _ => None,
        }
    }

    /// The fields that break a rule.
    pub(super) fn fields(&self) -> &[FieldError] {
        match self {
            Self::Invalid(fields) => fields,
            _ => &[],
        }
    }
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Changed => Self::PreconditionFailed,
            Refused::NotThere => Self::NotFound,
            Refused::Full => Self::QuotaExceeded,
            Refused::KeyReused => Self::KeyReused,
        }
    }
}

impl From<RateLimited> for ApiError {
    fn from(limited: RateLimited) -> Self {
        Self::RateLimited(limited)
    }
}

/// A response that carries the error; `request.rs` turns it into a problem document.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// The fallback for unknown paths.
pub async fn nothing_here() -> ApiError {
    ApiError::NotFound
}

/// A panic is a 500 for that request alone; the panic hook has written it to standard error.
pub fn panicked(_: Box<dyn Any + Send>) -> Response {
    ApiError::Panicked.into_response()
}
