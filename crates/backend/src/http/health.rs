//! Liveness (`GET /health/live`) and readiness (`GET /health/ready`), for process supervisors and load balancers.
//! They must not reveal more.

use std::sync::Arc;

use axum::extract::State;

use super::error::ApiError;
use crate::readiness::Readiness;

/// Liveness: 200 while the process answers at all.
pub async fn live() -> &'static str {
    "live\n"
}

/// Readiness: 200 while storage can be read and written and the clock is trusted; otherwise 503, with the reason if
/// it is the clock, for the log of the probe. A smaller clock skew against the database is remarked.
pub async fn ready(State(readiness): State<Arc<Readiness>>) -> Result<String, ApiError> {
    let clock = &readiness.clock;
    clock.trusted_now().map_err(|invalidate| ApiError::NotReady(invalidate.to_string()))?;
    readiness.check().await?;
    Ok(match clock.noticed_skew() {
        None => "ready\n".to_owned(),
        Some(seconds) => format!("ready\n{}\n", skew_remark(seconds)),
    })
}

/// The clock skew against the database.
#[must_use]
pub fn skew_remark(seconds: i64) -> String {
    let direction = if seconds > 0 { "ahead of" } else { "behind" };
    format!("the machine's clock is {} s {direction} the database's", seconds.saturating_abs())
}
