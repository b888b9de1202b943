//! Request bodies: small JSON without unknown members; or none at all.

use std::error::Error as _;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use http_body_util::LengthLimitError;
use serde::de::DeserializeOwned;

use crate::http::error::ApiError;

/// The largest body in bytes. The longest honest one is a registration.
const BODY_BYTES: usize = 16 * 1024;
/// The timeout of receiving a body.
const BODY_TIME: Duration = Duration::from_secs(5);

/// A JSON body, parsed as `T`.
pub struct Json<T>(pub T);

/// No body, or an empty JSON object for clients that always send one.
pub struct Empty;

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::UnsupportedMediaType);
        }
        let bytes = read(request.into_body()).await?;
        // Serde would also accept an array of the right length.
        if !bytes.trim_ascii_start().starts_with(b"{") {
            return Err(ApiError::Malformed("The body is no JSON object.".to_owned()));
        }
        serde_json::from_slice(&bytes).map(Self).map_err(|error| ApiError::Malformed(what(&error)))
    }
}

impl<S: Sync> FromRequest<S> for Empty {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let json = is_json(request.headers());
        let bytes = read(request.into_body()).await?;
        match (bytes.trim_ascii(), json) {
            (b"", _) | (b"{}", true) => Ok(Self),
            (_, true) => Err(ApiError::Malformed("This call takes no body.".to_owned())),
            (_, false) => Err(ApiError::UnsupportedMediaType),
        }
    }
}

/// CSRF: a form can be sent across sites without a CORS preflight; JSON cannot.
fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

/// Where the body is malformed. Serde's message may repeat input and names of our types, so only the name of a
/// missing member is taken from it.
fn what(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let missing = said.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    match missing {
        Some(member) => format!("The body lacks the member {member:?}."),
        None => format!(
            "The body is not what this call takes, from line {}, column {}.",
            error.line(),
            error.column()
        ),
    }
}

pub(in crate::http) async fn read(body: Body) -> Result<Bytes, ApiError> {
    let malformed = |detail: &str| ApiError::Malformed(detail.to_owned());
    match tokio::time::timeout(BODY_TIME, to_bytes(body, BODY_BYTES)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if error.source().is_some_and(|source| source.is::<LengthLimitError>()) => {
            Err(ApiError::ContentTooLarge)
        }
        Ok(Err(_)) => Err(malformed("The body ended before it was whole.")),
        Err(_) => Err(malformed("The body took too long to arrive.")),
    }
}
