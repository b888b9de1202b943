//! For every handler: size limits, a timeout, and isolation of panics.

use std::time::Duration;

use axum::extract::Request;
use axum::http::{HeaderMap, Version, header::HOST};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tracing::Instrument as _;

use super::error::ApiError;
use crate::fail_fast::for_request;

/// The longest request target, in bytes: authority, path and query.
const URI_BYTES: usize = 4 * 1024;
/// The largest header section, in bytes.
const HEADER_BYTES: usize = 16 * 1024;
/// The timeout of a request, its body included.
const HANDLER_TIME: Duration = Duration::from_secs(10);

/// Size limits, the timeout, a task and [`fail_fast`](crate::fail_fast) for each request.
///
/// The task continues when the client disconnects: a logout that was received takes place even if no client waits for
/// its answer, and a question to storage is given up in order.
///
/// A panic is a 500 for that request alone. Its message may hold secrets, so it is not logged here; the panic hook has
/// logged it.
pub(super) async fn limited(request: Request, next: Next) -> Response {
    let uri = request.uri();
    let authority = uri.authority().map_or(0, |authority| authority.as_str().len());
    let query = uri.query().map_or(0, |query| query.len() + 1);
    if authority + uri.path().len() + query > URI_BYTES {
        return ApiError::UriTooLong.into_response();
    }
    if size(request.headers()) > HEADER_BYTES {
        return ApiError::HeaderFieldsTooLarge.into_response();
    }
    // RFC 9112 section 3.2: a server MUST answer 400 to a request that lacks a Host or has several.
    if request.version() == Version::HTTP_11 && request.headers().get_all(HOST).iter().count() != 1
    {
        return ApiError::Malformed("HTTP/1.1 asks for exactly one Host header.".to_owned())
            .into_response();
    }
    let handled = tokio::time::timeout(HANDLER_TIME, for_request(next.run(request)));
    match tokio::spawn(handled.in_current_span()).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => ApiError::TookTooLong.into_response(),
        Err(_) => ApiError::Panicked.into_response(),
    }
}

fn size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len()).sum()
}
