//! `GET /health/live` and `GET /health/ready`: for whoever restarts the process, and for whoever
//! sends it traffic. They must not tell more than that.

use std::sync::Arc;

use axum::extract::State;

use super::error::ApiError;
use crate::readiness::Readiness;

/// 200 while the process answers at all.
pub async fn live() -> &'static str {
    "live\n"
}

/// 200 while storage can be read and written, 503 while it cannot.
pub async fn ready(State(readiness): State<Arc<Readiness>>) -> Result<&'static str, ApiError> {
    readiness.check().await?;
    Ok("ready\n")
}
