//! JSON request bodies: bounded in size and time, unknown members refused.

use std::error::Error as _;
use std::time::Duration;

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use http_body_util::LengthLimitError;
use serde::de::DeserializeOwned;
use shared::note::{MAX_TEXT, MAX_TITLE};

use super::error::ApiError;

/// The largest body that is read, in bytes.
const BODY_BYTES: usize = 256 * 1024;
/// The most bytes that JSON takes for a character: a surrogate pair, escaped (RFC 8259 section 7).
const CHARACTER_BYTES: usize = 12;
/// For member names and white space.
const OTHER_BYTES: usize = 1024;
const _: () = assert!(
    (MAX_TITLE + MAX_TEXT) * CHARACTER_BYTES + OTHER_BYTES <= BODY_BYTES,
    "every note that the rules allow fits into a body"
);
/// The timeout for receiving a body.
const BODY_TIME: Duration = Duration::from_secs(5);

/// A JSON body, read as `T`.
pub struct Body<T> {
    /// The parsed value.
    pub value: T,
    /// The raw bytes, for the idempotency key's request hash: a retry repeats them byte by byte.
    pub bytes: Bytes,
}

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let content_type = request.headers().get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
        let essence = content_type.and_then(|it| it.split(';').next()).map(str::trim);
        if !essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/json")) {
            return Err(ApiError::UnsupportedMediaType);
        }
        let read = tokio::time::timeout(BODY_TIME, to_bytes(request.into_body(), BODY_BYTES));
        let bytes = match read.await {
            Ok(Ok(bytes)) => bytes,
            Ok(Err(error)) if error.source().is_some_and(|it| it.is::<LengthLimitError>()) => {
                return Err(ApiError::ContentTooLarge);
            }
            Ok(Err(_)) => return Err(ApiError::Malformed("The body ended before it was whole.")),
            Err(_) => return Err(ApiError::Malformed("The body took too long to arrive.")),
        };
        // serde's message may repeat the client's input.
        let expected =
            "The body is a JSON object with the members `title` and `text`, both strings.";
        // serde would also accept an array of two strings.
        if !bytes.trim_ascii_start().starts_with(b"{") {
            return Err(ApiError::Malformed(expected));
        }
        match serde_json::from_slice(&bytes) {
            Ok(value) => Ok(Self { value, bytes }),
            Err(_) => Err(ApiError::Malformed(expected)),
        }
    }
}
