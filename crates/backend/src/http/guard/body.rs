//! Request bodies: JSON, small, and nothing in them that the call does not know; or none at all.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use http_body_util::LengthLimitError;
use serde::de::DeserializeOwned;

use crate::http::error::ApiError;

/// The largest body that is read, in bytes. The longest honest one is a registration.
const BODY_BYTES: usize = 16 * 1024;

/// A JSON body, read as `T`.
pub struct Json<T>(pub T);

/// No body, or an empty JSON object for clients that cannot send none.
pub struct Empty;

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::UnsupportedMediaType);
        }
        let bytes = read(request.into_body()).await?;
        // What serde says names members and positions, and goes back to the sender only.
        serde_json::from_slice(&bytes)
            .map(Self)
            .map_err(|error| ApiError::Malformed(error.to_string()))
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

/// A form can be sent across sites without asking first; JSON cannot.
fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

async fn read(body: Body) -> Result<Bytes, ApiError> {
    to_bytes(body, BODY_BYTES).await.map_err(|error| {
        let too_large =
            std::error::Error::source(&error).is_some_and(|source| source.is::<LengthLimitError>());
        if too_large {
            ApiError::ContentTooLarge
        } else {
            ApiError::Malformed("The body ended before it was whole.".to_owned())
        }
    })
}
