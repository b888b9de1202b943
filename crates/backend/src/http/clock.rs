//! Middleware: while the machine's clock is in doubt, calls are 503 (`Retry-After`), because it is not known what has
//! expired, and a token that is issued now could live for weeks. It must not decide what a doubt is.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::error::ApiError;
use crate::auth::AuthError;
use crate::auth::sessions::Sessions;

/// Lets a call pass whose answer depends on what time it is.
pub async fn demand(
    State(sessions): State<Arc<Sessions>>,
    request: Request,
    next: Next,
) -> Response {
    match sessions.event_log.trusted_now() {
        Ok(_) => next.run(request).await,
        Err(error) => ApiError::Auth(AuthError::Clock(error)).into_response(),
    }
}
