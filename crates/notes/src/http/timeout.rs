//! Timeout middleware around every handler. The handler runs in a task of its own, so a client that disconnects
//! cannot interrupt a write halfway.

use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tracing::Instrument as _;

use super::error::ApiError;

/// The timeout of a request, its body included.
const HANDLER_TIME: Duration = Duration::from_secs(10);

/// The middleware: a timeout, and a task of its own for the handler.
pub async fn guard(request: Request, next: Next) -> Response {
    let handled = tokio::time::timeout(HANDLER_TIME, next.run(request)).in_current_span();
    match tokio::spawn(handled).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => ApiError::TookTooLong.into_response(),
        Err(_) => ApiError::Panicked.into_response(),
    }
}
