//! `GET /health/live` and `GET /health/ready`: for whoever restarts the process, and for whoever sends it
//! traffic. They must not tell more than that.

use axum::extract::State;

use super::error::ApiError;
use crate::router::AppState;

/// 200 while the process answers at all.
pub async fn live() -> &'static str {
    "live\n"
}

/// 200 while notes can be read and tokens be verified, 503 while not.
///
/// # Errors
/// 503.
pub async fn ready(State(app): State<AppState>) -> Result<&'static str, ApiError> {
    app.store.ping().await?;
    app.issuer.ready().await?;
    Ok("ready\n")
}
