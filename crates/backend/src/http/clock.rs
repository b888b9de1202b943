//! Middleware: while the machine's clock is not trusted, calls are 503 (`Retry-After`), because expiry cannot be
//! checked, and a token issued now could live for weeks.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::error::ApiError;
use crate::auth::AuthError;
use crate::clock::Clock;

/// Refuses calls while the clock is not trusted.
pub async fn demand(State(clock): State<Clock>, request: Request, next: Next) -> Response {
    match clock.trusted_now() {
        Ok(_) => next.run(request).await,
        Err(error) => ApiError::Auth(AuthError::Clock(error)).into_response(),
    }
}
