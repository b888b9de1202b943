//! The timeout around every handler: what takes too long is let go, and what was received takes place even
//! if nobody waits for the answer. It must not know any endpoint.

use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tracing::Instrument as _;

use super::error::ApiError;

/// The longest a request may take, its body included.
const HANDLER_TIME: Duration = Duration::from_secs(10);

/// Middleware: a time limit, and a task of its own for what follows.
pub async fn guard(request: Request, next: Next) -> Response {
    let handled = tokio::time::timeout(HANDLER_TIME, next.run(request)).in_current_span();
    match tokio::spawn(handled).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => ApiError::TookTooLong.into_response(),
        Err(_) => ApiError::Panicked.into_response(),
    }
}
