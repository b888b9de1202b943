//! The deadline of a step that asks storage more than once, or waits for other calls before it asks.

use std::time::Duration;

use tokio::time::timeout;

use super::error::AuthError;
use crate::store::StoreError;

/// Less than the 3 s within which a failing storage must have been answered with 503.
const ASK_TIME: Duration = Duration::from_millis(2_500);

/// The outcome of `asked`, within the deadline. A change that storage has not answered by then may still take place.
///
/// # Errors
/// Those of `asked`, and [`StoreError::TimedOut`].
pub async fn within_deadline<T>(
    asked: impl Future<Output = Result<T, AuthError>>,
) -> Result<T, AuthError> {
    timeout(ASK_TIME, asked).await.unwrap_or(Err(AuthError::Store(StoreError::TimedOut)))
}
