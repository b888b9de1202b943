//! Waiting on purpose, in one place: a rest before a retry or the next part of some work, and the ticks of a task
//! that repeats. No outcome depends on how long a wait takes.

use std::time::Duration;

use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

/// Waits for this long: a retry at once would only spin, and work in parts leaves time to others.
#[expect(clippy::disallowed_methods, reason = "the one place that sleeps")]
pub async fn rest(time: Duration) {
    tokio::time::sleep(time).await;
}

/// Waits until this instant.
#[expect(clippy::disallowed_methods, reason = "the one place that sleeps")]
pub async fn rest_until(instant: Instant) {
    tokio::time::sleep_until(instant).await;
}

/// Ticks for a task that repeats: the first after `first`, then one every `period`. After a late tick, a whole period
/// passes before the next.
#[must_use]
pub fn ticks(first: Duration, period: Duration) -> Interval {
    let mut ticks = interval_at(Instant::now() + first, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
