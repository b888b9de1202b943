//! Revocation lag: how long a revoked credential is still accepted.

use std::time::Duration;

use anyhow::{Result, bail};

use crate::test_env::TestEnv;
use crate::timing::{STEP_TIMEOUT, Stopwatch};

/// Calls until it is refused; the start of the last accepted call, counted from now.
///
/// # Errors
/// `ask`'s own; and if it is still accepted after [`STEP_TIMEOUT`].
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
            bail!("what should be refused is accepted for {STEP_TIMEOUT:?}");
        }
    }
}

/// Reports the lags of all rounds and checks the promised bound.
pub(crate) fn check_bound(env: &TestEnv, bound: Duration, what: &str, mut lags: Vec<Duration>) {
    lags.sort_unstable();
    let at = |percent: usize| lags.get(lags.len() * percent / 100).or(lags.last());
    if let (Some(half), Some(most), Some(last)) = (at(50), at(99), lags.last()) {
        env.remark(format!("{what}: p50 {half:.2?}, p99 {most:.2?}, at most {last:.2?}"));
        env.check_bound(bound, *last, &format!("{what}: at most"));
    }
}
