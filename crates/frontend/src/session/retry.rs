//! Retries of a changing call with the same key: what the answer to a try means, and the wait before the next. A call
//! counts as done only when our server says so, and a lost answer is retried before the user sees an error. Pure; its
//! callers wait: `idempotent_action`, `step_up`, `password_change`. The back-off of refreshes:
//! [`back_off`](super::back_off).

use super::transient_error::TransientError;
use crate::transport::Answer;

/// Waits before the second, the third and the fourth try.
const WAITS_MS: [u32; 3] = [300, 1_000, 3_000];
/// A longer `Retry-After` (RFC 9110 section 10.2.3) ends the retries.
const LONGEST_RETRY_AFTER_SECONDS: u32 = 5;
/// Deadline after the click for the start of a retry, before a user takes the page for dead: a timeout leaves one
/// more try.
const LAST_TRY_MS: f64 = 12_000.0;

/// The result of one try.
pub enum Outcome<T> {
    /// Carried out; the server's answer.
    Done(T),
    /// This try was not carried out.
    Refused(Answer),
    /// It is uncertain whether it was carried out.
    Unanswered {
        /// The error to show if no retry is answered.
        error: TransientError,
        /// The server's `Retry-After` in seconds.
        retry_after_seconds: Option<u32>,
    },
}

/// Classifies one try. `read` parses a successful answer; `None` if it is not our server's.
#[must_use]
pub fn classify<T>(
    sent: Result<Answer, TransientError>,
    read: impl FnOnce(&Answer) -> Option<T>,
) -> Outcome<T> {
    let answer = match sent {
        Ok(answer) => answer,
        Err(error) => return Outcome::Unanswered { error, retry_after_seconds: None },
    };
    if answer.succeeded() {
        if let Some(value) = read(&answer) {
            return Outcome::Done(value);
        }
    } else if is_refusal(&answer) {
        return Outcome::Refused(answer);
    }
    Outcome::Unanswered {
        error: TransientError::from(&answer),
        retry_after_seconds: answer.retry_after_seconds,
    }
}

/// Whether the server understood the request and refused it. A proxy may send a page in place of any answer. A
/// gateway may also answer with a rate limit or refuse a token, without a problem document, before the request
/// reaches the service.
fn is_refusal(answer: &Answer) -> bool {
    match answer.status {
        408 | 425 | 500..=599 => false,
        429 => true,
        _ => answer.refuses_the_token() || answer.problem().is_some(),
    }
}

/// Whether a refusal tells the result of all tries with its key. With an unanswered try (`is_uncertain`), only a
/// refusal that the server gives after the look-up of the key does: guards (CSRF, bearer token), rate limits, body
/// validation and a wrong password come before it.
#[must_use]
pub fn settles(refusal: &Answer, is_uncertain: bool) -> bool {
    !is_uncertain || (matches!(refusal.status, 404 | 409 | 412) && refusal.problem().is_some())
}

/// Milliseconds to wait after the try with number `tried`, counted from 0; `None` for no further retry. `spent_ms`
/// have passed since the click; `random` is in `0.0..1.0`, so that the retries of many clients do not coincide.
#[must_use]
pub fn wait_ms(
    tried: usize,
    retry_after_seconds: Option<u32>,
    spent_ms: f64,
    random: f64,
) -> Option<u32> {
    let whole = *WAITS_MS.get(tried)?;
    let asked = retry_after_seconds.unwrap_or(0);
    if spent_ms > LAST_TRY_MS || asked > LONGEST_RETRY_AFTER_SECONDS {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a fraction of at most 750"
    )]
    let jitter = (f64::from(whole / 4) * random.clamp(0.0, 1.0)) as u32;
    Some((whole - jitter).max(asked * 1_000))
}
