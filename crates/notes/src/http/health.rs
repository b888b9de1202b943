//! Health probes: `GET /health/live` (liveness, for a supervisor) and `GET /health/ready` (readiness, for a load
//! balancer). They must not disclose more than that.

use axum::extract::State;

use super::error::ApiError;
use crate::app::AppState;

/// 200 while the process answers.
pub async fn live() -> &'static str {
    "live\n"
}

/// 200 while notes can be read and access tokens be verified, 503 otherwise.
///
/// # Errors
/// 503.
pub async fn ready(State(app): State<AppState>) -> Result<&'static str, ApiError> {
    app.store.ping().await?;
    app.issuer.ready().await?;
    Ok("ready\n")
}
