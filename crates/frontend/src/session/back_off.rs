//! Exponential back-off with jitter for refreshes; the retries of all other calls: [`retry`](super::retry). Pure; the
//! caller waits, and supplies the randomness.

/// Tries of one refresh before the caller gets a transient error.
pub const TRIES: u32 = 4;
const FIRST_WAIT_MS: u32 = 400;
const LONGEST_WAIT_MS: u32 = 4_000;
/// Upper limit for the server's `Retry-After`: a user is looking at the page.
const LONGEST_RETRY_AFTER_MS: u32 = 10_000;

/// Milliseconds to wait after the try with number `tried`, counted from 0. Between half and the whole of a wait that
/// doubles each time, so that the retries of many clients do not coincide; `random` is in `0.0..1.0`. Never less than
/// the server's `Retry-After`, up to a limit.
#[must_use]
pub fn wait_ms(tried: u32, retry_after_seconds: Option<u32>, random: f64) -> u32 {
    let whole = FIRST_WAIT_MS.saturating_mul(1 << tried.min(8)).min(LONGEST_WAIT_MS);
    let half = whole / 2;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a fraction of at most 2,000"
    )]
    let jitter = (f64::from(half) * random.clamp(0.0, 1.0)) as u32;
    let asked = retry_after_seconds.unwrap_or(0).saturating_mul(1000).min(LONGEST_RETRY_AFTER_MS);
    asked.saturating_add(half).saturating_add(jitter).max(half)
}
