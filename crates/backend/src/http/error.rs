//! The failures of a call, and the one table of the problem (RFC 9457) that each becomes, by its code; status and
//! title of a code are those of [`ErrorCode::problem_type`]. Bodies are written on the way out by
//! [`problem`](super::problem): a problem document needs the request's id.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use shared::{ErrorCode, FieldError, LimitedBy, RevocationReason, challenge};

use super::guard::ForeignCause;
use super::lockout_advice::what_to_do;
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
    /// A refresh without its cookie.
    #[error("no refresh cookie")]
    NoRefreshCookie,
    /// A call for native clients came from a browser; what gives it away.
    #[error("from a browser: {0}")]
    FromBrowser(&'static str),
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
    /// The token endpoint knows no such grant.
    #[error("unsupported grant type")]
    UnsupportedGrantType,
    /// The token endpoint refuses the refresh token.
    #[error("refresh refused")]
    GrantRefused,
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
    /// The code of each failure.
    pub(super) const fn code(&self) -> ErrorCode {
        match self {
            Self::Malformed(_) | Self::Form(_) | Self::UnsupportedGrantType => {
                ErrorCode::MalformedRequest
            }
            Self::ContentTooLarge => ErrorCode::ContentTooLarge,
            Self::UriTooLong => ErrorCode::UriTooLong,
            Self::HeaderFieldsTooLarge => ErrorCode::HeaderFieldsTooLarge,
            Self::UnsupportedMediaType => ErrorCode::UnsupportedMediaType,
            Self::CrossSite { .. } => ErrorCode::CrossSite,
            Self::NoRefreshCookie | Self::GrantRefused => ErrorCode::InvalidGrant,
            Self::FromBrowser(_) => ErrorCode::NotForBrowsers,
            Self::NotFound => ErrorCode::NotFound,
            Self::MethodNotAllowed => ErrorCode::MethodNotAllowed,
            Self::Panicked => ErrorCode::InternalError,
            Self::TookTooLong | Self::NotReady(_) => ErrorCode::TemporarilyUnavailable,
            Self::Auth(error) => auth_code(error),
        }
    }

    /// The status, which is that of the code; but RFC 6749 section 5.2 has one of its own for a refused grant.
    pub(super) fn status(&self) -> StatusCode {
        if matches!(self, Self::GrantRefused) {
            return StatusCode::BAD_REQUEST;
        }
        StatusCode::from_u16(self.code().problem_type().status).expect("a status of the table")
    }

    /// Whether the request was refused for its input, for any caller.
    pub(super) const fn is_refused_input(&self) -> bool {
        match self {
            Self::Malformed(_)
            | Self::Form(_)
            | Self::UnsupportedGrantType
            | Self::ContentTooLarge
            | Self::UriTooLong
            | Self::HeaderFieldsTooLarge
            | Self::UnsupportedMediaType
            | Self::Auth(AuthError::Invalid(_)) => true,
            Self::CrossSite { .. }
            | Self::NoRefreshCookie
            | Self::FromBrowser(_)
            | Self::GrantRefused
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
            Self::NoRefreshCookie => Some(
                "No refresh cookie came with this request. It is a Secure cookie: many HTTP clients keep it and do \
                 not send it over http, not even to localhost.",
            ),
            Self::Auth(AuthError::UnauthorizedClient) => Some(
                "A service revokes access tokens that name its audience in aud. The bearer of any other token \
                 revokes it without client credentials.",
            ),
            Self::UnsupportedGrantType => Some("The only grant_type here is refresh_token."),
            Self::FromBrowser(_) => {
                Some("It takes no Origin, no Sec-Fetch-Site and no cookie of this site.")
            }
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
            Self::UnsupportedGrantType => Some("unsupported_grant_type"),
            Self::GrantRefused => Some("invalid_grant"),
            Self::Auth(AuthError::InvalidClient) => Some("invalid_client"),
            Self::Auth(AuthError::UnauthorizedClient) => Some("unauthorized_client"),
            _ => None,
        }
    }

    /// Why the session of a genuine access token was revoked.
    pub(super) const fn ended_because(&self) -> Option<RevocationReason> {
        match self {
            Self::Auth(AuthError::SessionRevoked(reason)) => Some(*reason),
            _ => None,
        }
    }

    /// The challenge that a 401 MUST carry (RFC 9110 section 15.5.2), and a 403 for a token's sake.
    pub(super) fn challenge(&self) -> Option<String> {
        match self {
            Self::Auth(AuthError::InvalidToken | AuthError::SessionRevoked(_)) => {
                Some(challenge::INVALID_TOKEN.to_owned())
            }
            Self::Auth(AuthError::StepUpRequired { max_age }) => Some(challenge::step_up(*max_age)),
            // RFC 6750 section 3.1.
            Self::Auth(AuthError::NotForNativeClients) => {
                Some(challenge::INSUFFICIENT_SCOPE.to_owned())
            }
            // RFC 7617 section 2.
            Self::Auth(AuthError::InvalidClient) => {
                Some("Basic realm=\"baton\", charset=\"UTF-8\"".to_owned())
            }
            // No access token was presented.
            Self::NoRefreshCookie
            | Self::Auth(AuthError::InvalidCredentials | AuthError::InvalidGrant) => {
                Some(challenge::no_token("baton"))
            }
            _ => None,
        }
    }

    /// Seconds until a retry is worthwhile (RFC 9110 section 10.2.3).
    pub(super) const fn retry_after(&self) -> Option<i64> {
        match self {
            Self::Auth(AuthError::RateLimited { retry_after, .. }) => Some(*retry_after),
            _ => match self.code() {
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

const fn auth_code(error: &AuthError) -> ErrorCode {
    match error {
        AuthError::Invalid(_) => ErrorCode::ValidationFailed,
        AuthError::EmailTaken => ErrorCode::EmailTaken,
        AuthError::InvalidCredentials => ErrorCode::InvalidCredentials,
        AuthError::InvalidToken | AuthError::SessionRevoked(_) => ErrorCode::InvalidToken,
        AuthError::InvalidClient => ErrorCode::InvalidClient,
        AuthError::UnauthorizedClient => ErrorCode::UnauthorizedClient,
        AuthError::StepUpRequired { .. } => ErrorCode::InsufficientUserAuthentication,
        AuthError::NotForNativeClients => ErrorCode::InsufficientScope,
        AuthError::NoSuchSession => ErrorCode::NotFound,
        AuthError::InvalidGrant => ErrorCode::InvalidGrant,
        AuthError::AnotherSession => ErrorCode::PreconditionFailed,
        AuthError::DuplicateAttempt => ErrorCode::DuplicateAttempt,
        AuthError::IdempotencyKeyReused => ErrorCode::IdempotencyKeyReused,
        AuthError::RateLimited { .. } => ErrorCode::RateLimited,
        AuthError::Contended
        | AuthError::Busy
        | AuthError::Keys(_)
        | AuthError::Clock(_)
        | AuthError::Store(_)
        | AuthError::Shared(_) => ErrorCode::TemporarilyUnavailable,
        AuthError::Cryptography(_) => ErrorCode::InternalError,
    }
}

/// A response that carries the failure; [`problem::write`](super::problem::write) turns it into a problem document.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}
