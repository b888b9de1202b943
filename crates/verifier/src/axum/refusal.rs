//! Why a request is refused, and the one table of problem type and `WWW-Authenticate` challenge (RFC 6750).
//! It must not hold any text of the token.

use axum_core::body::Body;
use axum_core::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use types::problem::PROBLEM_JSON;
use types::{ProblemType, challenge};

use super::problem::Problem;
use super::response_options::ResponseOptions;
use crate::{Rejection, VerifyError};

/// The `Retry-After` of a 503: longer than the client's back-off of one second after a failed fetch.
const RETRY_SECONDS: u32 = 2;
/// The header of the request id.
const REQUEST_ID: &str = "x-request-id";
/// The longest request id that a response repeats.
const MAX_REQUEST_ID_BYTES: usize = 128;

/// The text is for the log.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("there is no token, or one of another scheme")]
    NoToken,
    #[error("there are several tokens, or one that is not text")]
    Malformed,
    #[error("there are several idempotency keys, or a malformed one")]
    IdempotencyKey,
    /// The token is invalid, or unverifiable for now.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    #[error("not all of these scopes are granted: {0}")]
    Scope(String),
    #[error("the last login is not within {max_age} s")]
    StepUpRequired { max_age: u32 },
    /// A bug in the service.
    #[error("the route is not behind RequireToken")]
    MissingLayer,
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Self::Verify(rejection.into())
    }
}

impl Refusal {
    /// The table of refusals and problem types.
    const fn problem_type(&self) -> ProblemType {
        match self {
            Self::NoToken | Self::Verify(VerifyError::Rejected(_)) => ProblemType::INVALID_TOKEN,
            Self::Malformed | Self::IdempotencyKey => ProblemType::MALFORMED_REQUEST,
            Self::Verify(VerifyError::Unavailable(_)) => ProblemType::TEMPORARILY_UNAVAILABLE,
            Self::Scope(_) => ProblemType::INSUFFICIENT_SCOPE,
            Self::StepUpRequired { .. } => ProblemType::INSUFFICIENT_USER_AUTHENTICATION,
            Self::MissingLayer => ProblemType::INTERNAL_ERROR,
        }
    }

    /// The `detail` of the problem document.
    const fn detail(&self) -> Option<&'static str> {
        match self {
            Self::IdempotencyKey => {
                Some("`Idempotency-Key` takes one value of 16 to 128 visible ASCII characters.")
            }
            _ => None,
        }
    }

    /// The challenge of RFC 6750 section 3.
    fn challenge(&self, realm: &str) -> Option<String> {
        match self {
            Self::NoToken => Some(challenge::no_token(realm)),
            Self::Malformed => Some("Bearer error=\"invalid_request\"".to_owned()),
            Self::Verify(VerifyError::Rejected(_)) => Some(challenge::INVALID_TOKEN.to_owned()),
            Self::Scope(scopes) => {
                Some(format!("Bearer error=\"insufficient_scope\", scope=\"{scopes}\""))
            }
            Self::StepUpRequired { max_age } => Some(challenge::step_up(i64::from(*max_age))),
            // Not about the token.
            Self::IdempotencyKey
            | Self::Verify(VerifyError::Unavailable(_))
            | Self::MissingLayer => None,
        }
    }

    /// The response to the request with this id, and its log line.
    pub(super) fn answer(&self, request_id: String, options: &ResponseOptions) -> Response {
        match self {
            Self::MissingLayer => {
                tracing::error!(
                    event = "bearer.no_layer",
                    "a handler takes a Bearer on a route without RequireToken"
                );
            }
            Self::Verify(VerifyError::Unavailable(missing)) => {
                tracing::error!(event = "token.not_judged", %missing);
            }
            Self::Verify(VerifyError::Rejected(rejection)) => {
                tracing::debug!(event = "token.refused", %rejection);
            }
            Self::Scope(_) | Self::StepUpRequired { .. } => {
                tracing::debug!(event = "token.refused", demand = %self);
            }
            Self::NoToken | Self::Malformed | Self::IdempotencyKey => {}
        }
        let kind = self.problem_type();
        let status = StatusCode::from_u16(kind.status).expect("a status of the table");
        let problem = Problem { kind, detail: self.detail(), request_id };
        let mut response = Response::new(Body::from(problem.to_json(&options.problem_types)));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(challenge) = self.challenge(&options.realm) {
            let challenge =
                HeaderValue::from_str(&challenge).expect("constants, a realm, scopes, a number");
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from(RETRY_SECONDS));
        }
        response
    }
}

/// The request id that a gateway, or an outer layer, has set; empty without one.
pub(super) fn request_id(headers: &HeaderMap) -> String {
    headers
        .get(REQUEST_ID)
        .and_then(|id| id.to_str().ok())
        .filter(|id| id.len() <= MAX_REQUEST_ID_BYTES)
        .unwrap_or_default()
        .to_owned()
}
