//! What an answer to an action means, and when to ask again with the same key: an action is shown as done exactly when our server
//! says so, and an answer that was lost is asked for again before anything is shown. Pure; the waiting is done by
//! `once`.

use super::transient_error::TransientError;
use crate::transport::Answer;

/// How long to wait before the second, the third and the fourth try.
const WAITS_MS: [u32; 3] = [300, 1_000, 3_000];
/// A server that asks for more than this with `Retry-After` (RFC 9110 section 10.2.3) is not asked again by the page itself.
const LONGEST_RETRY_AFTER_SECONDS: u32 = 5;
/// No try begins later than this after the click, or a user takes the page for dead: after a time limit there is one more.
const LAST_TRY_MS: f64 = 12_000.0;

/// What came of one try.
pub enum Outcome<T> {
    /// It has been done, and this is what the server says of it.
    Done(T),
    /// It has not been done by this try.
    Refused(Answer),
    /// It is not known whether it was done.
    Unanswered {
        /// What to tell the user if it stays so.
        error: TransientError,
        /// Seconds the server asks to wait.
        retry_after_seconds: Option<u32>,
    },
}

/// Judges one try. `read` takes from a successful answer what the server says; `None` if the answer is not our server's.
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

/// Whether the server understood the request and said no. A proxy's page may stand in place of any answer; a limit
/// and a refused token are also said by a gateway, without a problem document, and before the request reaches the service.
fn is_refusal(answer: &Answer) -> bool {
    match answer.status {
        408 | 425 | 500..=599 => false,
        429 => true,
        _ => answer.refuses_the_token() || answer.problem().is_some(),
    }
}

/// Whether a refusal says what became of all tries with its key. `is_uncertain`: another try is unanswered. Then only a
/// refusal settles the key that comes after the server has looked for it: guards, limits, rules for a body
/// and a wrong password come first.
#[must_use]
pub fn settles(refusal: &Answer, is_uncertain: bool) -> bool {
    !is_uncertain || (matches!(refusal.status, 404 | 409 | 412) && refusal.problem().is_some())
}

/// Milliseconds to wait after the try with number `tried`, counted from 0; `None` if patience is over. `spent_ms` have
/// passed since the click; `random` is in `0.0..1.0`, so that many clients do not come back in step.
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
