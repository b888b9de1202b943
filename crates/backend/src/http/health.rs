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

/// 200 while storage can be read and written and it is known what time it is; otherwise 503, and of the clock the
/// reason, for the log of whatever asks. A clock that differs from the database's by less than that is remarked.
pub async fn ready(State(readiness): State<Arc<Readiness>>) -> Result<String, ApiError> {
    let clock = &readiness.clock;
    clock.trusted_now().map_err(|invalidate| ApiError::NotReady(invalidate.to_string()))?;
    readiness.check().await?;
    Ok(match clock.noticed_skew() {
        None => "ready\n".to_owned(),
        Some(seconds) => format!("ready\n{}\n", skew_remark(seconds)),
    })
}

/// How the machine's clock differs from the database's.
#[must_use]
pub fn skew_remark(seconds: i64) -> String {
    let direction = if seconds > 0 { "ahead of" } else { "behind" };
    format!("the machine's clock is {} s {direction} the database's", seconds.saturating_abs())
}
