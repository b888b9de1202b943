//! Fail fast: once a request has waited for storage in vain, storage is not asked again for it. What was still to be
//! asked fails at once, and the answer is 503, or that of a change which has taken place. So a storage that does not
//! answer costs each request one timeout, however many steps are left. A slow answer is no reason to give up.
//!
//! Work in the background is not affected.

use std::cell::Cell;
use std::time::Duration;

use tokio::task_local;
use tokio::time::{Instant, timeout};

/// Timeout of a request's wait for storage, with time left to answer within the 3 s that a failing storage may take. The
/// engines' own timeouts are shorter.
pub const STORAGE_TIME: Duration = Duration::from_millis(2_500);
/// A wait that fails after this time or later was in vain. An error that comes sooner costs little, and may be that of
/// one call alone.
const IN_VAIN: Duration = Duration::from_millis(500);

task_local! {
    /// Whether this request has waited in vain.
    static GIVEN_UP: Cell<bool>;
}

/// Runs a request, which has not waited yet.
pub fn for_request<T>(request: impl Future<Output = T>) -> impl Future<Output = T> {
    GIVEN_UP.scope(Cell::new(false), request)
}

/// Whether this is the work of a request.
#[must_use]
pub fn is_for_request() -> bool {
    GIVEN_UP.try_with(|_| ()).is_ok()
}

/// Whether this is the work of a request that has waited in vain.
#[must_use]
pub fn has_given_up() -> bool {
    GIVEN_UP.try_with(Cell::get).unwrap_or(false)
}

/// Records that this request has waited in vain. In the background there is none.
pub fn give_up() {
    let _ = GIVEN_UP.try_with(|given_up| given_up.set(true));
}

/// A wait in which storage is asked. `None` after its limit, and at once if the request has waited in vain before.
pub async fn within<T>(limit: Duration, wait: impl Future<Output = T>) -> Option<T> {
    if has_given_up() {
        return None;
    }
    let answer = timeout(limit, wait).await.ok();
    if answer.is_none() {
        give_up();
    }
    answer
}

/// The same for one call, whose late errors are those of storage.
pub async fn asked<T, E>(
    limit: Duration,
    call: impl Future<Output = Result<T, E>>,
) -> Option<Result<T, E>> {
    let begun = Instant::now();
    let answer = within(limit, call).await;
    if matches!(answer, Some(Err(_))) && begun.elapsed() >= IN_VAIN {
        give_up();
    }
    answer
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;
    use crate::pace::rest;

    const LIMIT: Duration = Duration::from_secs(2);

    async fn after(time: Duration, outcome: Result<u8, u8>) -> Result<u8, u8> {
        rest(time).await;
        outcome
    }

    /// Neither slow answers nor quick errors, nor errors of other things than storage.
    async fn assert_no_reason_to_give_up() {
        assert_eq!(asked(LIMIT, after(LIMIT / 2, Ok(1))).await, Some(Ok(1)));
        assert_eq!(asked(LIMIT, after(IN_VAIN / 2, Err(1))).await, Some(Err(1)));
        assert_eq!(within(LIMIT, after(LIMIT / 2, Err(1))).await, Some(Err(1)));
        assert!(!has_given_up());
    }

    /// Storage is asked no more.
    async fn assert_given_up() {
        assert!(has_given_up());
        let is_asked = Cell::new(false);
        let ask = async || {
            is_asked.set(true);
            Ok::<u8, u8>(1)
        };
        assert_eq!(within(LIMIT, ask()).await, None);
        assert_eq!(asked(LIMIT, ask()).await, None);
        assert!(!is_asked.get());
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_waits_in_vain_once() {
        for_request(async {
            assert_no_reason_to_give_up().await;
            assert_eq!(asked(LIMIT, after(IN_VAIN, Err(1))).await, Some(Err(1)));
            assert_given_up().await;
        })
        .await;
        for_request(async {
            assert_no_reason_to_give_up().await;
            let begun = Instant::now();
            assert_eq!(within(LIMIT, pending::<u8>()).await, None);
            assert_given_up().await;
            assert_eq!(begun.elapsed(), LIMIT);
        })
        .await;
    }

    #[tokio::test(start_paused = true)]
    async fn work_in_the_background_waits_each_time() {
        assert!(!is_for_request());
        for _ in 0..2 {
            assert_eq!(within(LIMIT, pending::<u8>()).await, None);
            assert_eq!(asked(LIMIT, after(IN_VAIN, Err(1))).await, Some(Err(1)));
            assert_no_reason_to_give_up().await;
        }
    }
}
