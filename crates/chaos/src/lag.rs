//! How long something is let through that should be refused.

use std::time::Duration;

use anyhow::{Result, bail};

use crate::test_env::TestEnv;
use crate::timing::{STEP_TIMEOUT, Stopwatch};

/// Asks until it is refused: when the last call began that was let through, counted from now.
///
/// # Errors
/// `ask`'s own; and it is let through for longer than [`STEP_TIMEOUT`].
pub(crate) async fn until_refused<F>(ask: impl Fn() -> F) -> Result<Duration>
where
    F: Future<Output = Result<bool>>,
{
    let stopwatch = Stopwatch::start();
    let mut lag = Duration::ZERO;
    loop {
        let began = stopwatch.elapsed();
        if !ask().await? {
            return Ok(lag);
        }
        lag = began;
        if lag > STEP_TIMEOUT {
            bail!("what should be refused is let through for {STEP_TIMEOUT:?}");
        }
    }
}

/// The lags of all rounds, told and held to what is promised.
pub(crate) fn check_bound(env: &TestEnv, bound: Duration, what: &str, mut lags: Vec<Duration>) {
    lags.sort_unstable();
    let at = |percent: usize| lags.get(lags.len() * percent / 100).or(lags.last());
    if let (Some(half), Some(most), Some(last)) = (at(50), at(99), lags.last()) {
        env.remark(format!("{what}: p50 {half:.2?}, p99 {most:.2?}, at most {last:.2?}"));
        env.check_bound(bound, *last, &format!("{what}: at most"));
    }
}
