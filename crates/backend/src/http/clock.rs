//! Middleware: while the machine's clock is not trusted, calls are 503 (`Retry-After`), because expiry cannot be
//! checked, and a token issued now could live for weeks.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::error::ApiError;
use crate::auth::AuthError;
use crate::auth::session::refresh::Sessions;

/// Refuses calls while the clock is not trusted.
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
