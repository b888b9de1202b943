//! Middleware: every call with an access token counts for its user's rate limit. It must not know which call it
//! is.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use verifier::axum::Bearer;

use super::error::ApiError;
use crate::rate_limit::CALL;
use crate::router::AppState;

/// Passes the request on; 429 if it is one too many.
///
/// # Errors
/// That.
pub async fn guard(
    State(app): State<AppState>,
    Bearer(token): Bearer,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    app.rate_limit.take(token.sub, CALL)?;
    Ok(next.run(request).await)
}
