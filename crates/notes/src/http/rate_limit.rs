//! Rate limit middleware: every call with an access token counts for its user.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use verifier::axum::Bearer;

use super::error::ApiError;
use crate::app::AppState;
use crate::rate_limit::CALL;

/// Runs the handler; 429 beyond the rate limit.
///
/// # Errors
/// 429.
pub async fn guard(
    State(app): State<AppState>,
    Bearer(token): Bearer,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    app.rate_limit.take(token.sub, CALL)?;
    Ok(next.run(request).await)
}
