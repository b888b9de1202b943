//! The fence around every handler: what is too long does not get in, what takes too long is let go,
//! and a panic stays inside its request. It must not know any endpoint.

use std::any::Any;
use std::time::Duration;

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::error::ApiError;

/// The longest path and query that is read, in bytes.
const URI_BYTES: usize = 4 * 1024;
/// The largest header section that is read, in bytes.
const HEADER_BYTES: usize = 16 * 1024;
/// The longest a request may take, its body included.
const HANDLER_TIME: Duration = Duration::from_secs(10);

/// Middleware: caps and timeout.
pub async fn guard(request: Request, next: Next) -> Response {
    let uri = request.uri();
    if uri.path().len() + uri.query().map_or(0, |query| query.len() + 1) > URI_BYTES {
        return ApiError::UriTooLong.into_response();
    }
    if size(request.headers()) > HEADER_BYTES {
        return ApiError::HeaderFieldsTooLarge.into_response();
    }
    match tokio::time::timeout(HANDLER_TIME, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::TookTooLong.into_response(),
    }
}

/// A panic is a 500 for that request alone. Its message may hold anything, so it is not logged here;
/// the panic hook has written it to standard error.
pub fn panicked(_: Box<dyn Any + Send>) -> Response {
    ApiError::Panicked.into_response()
}

fn size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len()).sum()
}
