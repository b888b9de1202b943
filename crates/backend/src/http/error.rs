//! The failures of a call, and the one table of how each looks on the wire. Bodies are written on the way out by
//! [`problem`](super::problem): a problem document needs the request's id.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use shared::{ErrorCode, FieldError, LimitedBy, RevocationReason};

use super::guard::ForeignCause;
use super::limited::what_to_do;
use crate::auth::AuthError;
use crate::config::Origin;
use crate::store::StoreError;

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The request is malformed; how to mend it.
    #[error("malformed request: {0}")]
    Malformed(String),
    /// The body is too large.
    #[error("content too large")]
    ContentTooLarge,
    /// Path and query are too long.
    #[error("URI too long")]
    UriTooLong,
    /// The header section is too large.
    #[error("header fields too large")]
    HeaderFieldsTooLarge,
    /// The body's media type is not JSON.
    #[error("unsupported media type")]
    UnsupportedMediaType,
    /// CSRF: no proof that the call comes from this origin.
    #[error("not from this origin: {}", cause.as_str())]
    CrossSite {
        /// The origin whose calls are accepted.
        accepted: Origin,
        /// Why the call is refused.
        cause: ForeignCause,
    },
    /// No such resource.
    #[error("not found")]
    NotFound,
    /// No such method.
    #[error("method not allowed")]
    MethodNotAllowed,
    /// The request's handler panicked.
    #[error("the handler panicked")]
    Panicked,
    /// The request's handler reached its timeout.
    #[error("the handler took too long")]
    TookTooLong,
    /// The readiness probe fails; why, as text.
    #[error("not ready: {0}")]
    NotReady(String),
    /// A form is malformed; what is wrong with it.
    #[error("malformed form: {0}")]
    Form(&'static str),
    /// The domain refused the call, or failed.
    #[error(transparent)]
    Auth(#[from] AuthError),
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::Auth(error.into())
    }
}

impl ApiError {
    /// Status, code and title of each failure.
    pub(super) const fn on_the_wire(&self) -> (StatusCode, ErrorCode, &'static str) {
        use StatusCode as S;
        match self {
            Self::Malformed(_) | Self::Form(_) => {
                (S::BAD_REQUEST, ErrorCode::MalformedRequest, "The request cannot be read.")
            }
            Self::ContentTooLarge => {
                (S::PAYLOAD_TOO_LARGE, ErrorCode::ContentTooLarge, "The body is too large.")
            }
            Self::UriTooLong => {
                (S::URI_TOO_LONG, ErrorCode::UriTooLong, "The address is too long.")
            }
            Self::HeaderFieldsTooLarge => (
                S::REQUEST_HEADER_FIELDS_TOO_LARGE,
                ErrorCode::HeaderFieldsTooLarge,
                "The headers are too large.",
            ),
            Self::UnsupportedMediaType => (
                S::UNSUPPORTED_MEDIA_TYPE,
                ErrorCode::UnsupportedMediaType,
                "Send the body as application/json.",
            ),
            Self::CrossSite { .. } => {
                (S::FORBIDDEN, ErrorCode::CrossSite, "The call does not come from this site.")
            }
            Self::NotFound => (S::NOT_FOUND, ErrorCode::NotFound, "There is nothing here."),
            Self::MethodNotAllowed => (
                S::METHOD_NOT_ALLOWED,
                ErrorCode::MethodNotAllowed,
                "This cannot be done with this method; see Allow.",
            ),
            Self::Panicked => {
                (S::INTERNAL_SERVER_ERROR, ErrorCode::InternalError, "Something broke on our side.")
            }
            Self::TookTooLong | Self::NotReady(_) => {
                (S::SERVICE_UNAVAILABLE, ErrorCode::TemporarilyUnavailable, UNAVAILABLE)
            }
            Self::Auth(error) => auth_on_the_wire(error),
        }
    }

    /// Whether the request was refused for its input, for any caller.
    pub(super) const fn is_refused_input(&self) -> bool {
        match self {
            Self::Malformed(_)
            | Self::Form(_)
            | Self::ContentTooLarge
            | Self::UriTooLong
            | Self::HeaderFieldsTooLarge
            | Self::UnsupportedMediaType
            | Self::Auth(AuthError::Invalid(_)) => true,
            Self::CrossSite { .. }
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::Panicked
            | Self::TookTooLong
            | Self::NotReady(_)
            | Self::Auth(_) => false,
        }
    }

    /// The detail of this failure.
    pub(super) fn detail(&self) -> Option<&str> {
        match self {
            Self::Malformed(detail) | Self::NotReady(detail) => Some(detail),
            Self::Form(detail) => Some(detail),
            Self::Auth(AuthError::Clock(_)) => Some("The server's clock is in doubt."),
            Self::Auth(AuthError::RateLimited { limited_by: Some(limited_by), .. }) => {
                Some(what_to_do(*limited_by))
            }
            _ => None,
        }
    }

    /// The limit on wrong passwords, if that was it.
    pub(super) const fn limited_by(&self) -> Option<LimitedBy> {
        match self {
            Self::Auth(AuthError::RateLimited { limited_by, .. }) => *limited_by,
            _ => None,
        }
    }

    /// The error code of RFC 6749 section 5.2, for the calls whose RFCs require it.
    pub(super) const fn in_oauth_words(&self) -> Option<&'static str> {
        match self {
            Self::Form(_) => Some("invalid_request"),
            Self::Auth(AuthError::InvalidClient) => Some("invalid_client"),
            _ => None,
        }
    }

    /// Why the session of a genuine access token was revoked.
    pub(super) const fn ended_because(&self) -> Option<RevocationReason> {
        match self {
            Self::Auth(AuthError::SessionEnded(cause)) => Some(*cause),
            _ => None,
        }
    }

    /// The challenge that a 401 MUST carry (RFC 9110 section 15.5.2).
    pub(super) fn challenge(&self) -> Option<String> {
        match self {
            // RFC 6750 section 3.
            Self::Auth(AuthError::InvalidToken | AuthError::SessionEnded(_)) => {
                Some("Bearer error=\"invalid_token\"".to_owned())
            }
            // RFC 9470 section 3.
            Self::Auth(AuthError::StepUpRequired { max_age }) => Some(format!(
                "Bearer error=\"insufficient_user_authentication\", \
                 error_description=\"A more recent authentication is required\", max_age=\"{max_age}\""
            )),
            // RFC 7617 section 2.
            Self::Auth(AuthError::InvalidClient) => {
                Some("Basic realm=\"baton\", charset=\"UTF-8\"".to_owned())
            }
            // No token was presented, so none is wrong (section 3.1); but the scheme MUST be followed by a parameter
            // (section 3).
            Self::Auth(AuthError::InvalidCredentials | AuthError::InvalidGrant) => {
                Some("Bearer realm=\"baton\"".to_owned())
            }
            _ => None,
        }
    }

    /// Seconds until a retry is worthwhile (RFC 9110 section 10.2.3).
    pub(super) const fn retry_after(&self) -> Option<i64> {
        match self {
            Self::Auth(AuthError::RateLimited { retry_after, .. }) => Some(*retry_after),
            _ => match self.on_the_wire().1 {
                ErrorCode::TemporarilyUnavailable => Some(UNAVAILABLE_SECONDS),
                _ => None,
            },
        }
    }

    /// The fields that break a rule.
    pub(super) fn fields(&self) -> &[FieldError] {
        match self {
            Self::Auth(AuthError::Invalid(fields)) => fields,
            _ => &[],
        }
    }
}

/// The back-off for clients when storage fails.
const UNAVAILABLE_SECONDS: i64 = 1;
const UNAVAILABLE: &str = "This does not work right now. Try again in a moment.";

const fn auth_on_the_wire(error: &AuthError) -> (StatusCode, ErrorCode, &'static str) {
    use StatusCode as S;
    match error {
        AuthError::Invalid(_) => {
            (S::UNPROCESSABLE_ENTITY, ErrorCode::ValidationFailed, "Some fields need another look.")
        }
        AuthError::EmailTaken => {
            (S::CONFLICT, ErrorCode::EmailTaken, "An account with this email address exists.")
        }
        AuthError::InvalidCredentials => {
            (S::UNAUTHORIZED, ErrorCode::InvalidCredentials, "Email address or password is wrong.")
        }
        AuthError::InvalidToken | AuthError::SessionEnded(_) => (
            S::UNAUTHORIZED,
            ErrorCode::InvalidToken,
            "The access token is missing or does not hold.",
        ),
        AuthError::InvalidClient => (
            S::UNAUTHORIZED,
            ErrorCode::InvalidClient,
            "These are not the credentials of a service.",
        ),
        AuthError::StepUpRequired { .. } => (
            S::UNAUTHORIZED,
            ErrorCode::InsufficientUserAuthentication,
            "Give your password again to go on.",
        ),
        AuthError::NoSuchSession => (S::NOT_FOUND, ErrorCode::NotFound, "There is nothing here."),
        AuthError::InvalidGrant => {
            (S::UNAUTHORIZED, ErrorCode::InvalidGrant, "The session is over. Log in again.")
        }
        AuthError::AnotherSession => (
            S::PRECONDITION_FAILED,
            ErrorCode::PreconditionFailed,
            "This is another session than the one that was meant; nothing happened.",
        ),
        AuthError::DuplicateAttempt => (
            S::CONFLICT,
            ErrorCode::DuplicateAttempt,
            "This attempt was already answered; nothing happened.",
        ),
        AuthError::IdempotencyKeyReused => (
            S::UNPROCESSABLE_ENTITY,
            ErrorCode::IdempotencyKeyReused,
            "This Idempotency-Key was used for another request; nothing happened.",
        ),
        AuthError::RateLimited { .. } => {
            (S::TOO_MANY_REQUESTS, ErrorCode::RateLimited, "Too many attempts. Try again later.")
        }
        AuthError::Contended
        | AuthError::Busy
        | AuthError::Keys(_)
        | AuthError::Clock(_)
        | AuthError::Store(_)
        | AuthError::Shared(_) => {
            (S::SERVICE_UNAVAILABLE, ErrorCode::TemporarilyUnavailable, UNAVAILABLE)
        }
        AuthError::Cryptography(_) => {
            (S::INTERNAL_SERVER_ERROR, ErrorCode::InternalError, "Something broke on our side.")
        }
    }
}

/// A response that carries the failure; [`problem::write`](super::problem::write) turns it into a problem document.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, ..) = self.on_the_wire();
        let mut response = status.into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}
