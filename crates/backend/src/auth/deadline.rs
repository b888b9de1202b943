//! The deadline of a step that asks storage more than once, or waits for other calls before it asks.

use super::error::AuthError;
use crate::fail_fast::{STORAGE_TIME, within};
use crate::store::StoreError;

/// The outcome of `asked`, within the deadline; a failure at once if the request has waited in vain before
/// ([`fail_fast`](crate::fail_fast)). A change that storage has not answered by then may still take place.
///
/// # Errors
/// Those of `asked`, and [`StoreError::TimedOut`].
pub async fn within_deadline<T>(
    asked: impl Future<Output = Result<T, AuthError>>,
) -> Result<T, AuthError> {
    // On the heap: each function that a future is passed to holds it twice, also while its request waits for a body.
    within(STORAGE_TIME, Box::pin(asked))
        .await
        .unwrap_or(Err(AuthError::Store(StoreError::TimedOut)))
}
