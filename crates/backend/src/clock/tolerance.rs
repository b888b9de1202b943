//! Clock skew: how far clocks may disagree, in seconds, and how long past expiry the state of tokens is kept because
//! of that. All figures stand here, so that no part is sized for less than another.

use verifier::Skew;

/// How far the machine's clock may differ from the database's. All other instances, and all verifiers with a right
/// clock, accept at once the access tokens of an instance within it.
pub const SKEW_TOLERANCE_SECONDS: i64 = 8;
/// By how much the machine's clock may be set while the program runs, where no database clock decides.
pub const STEP_TOLERANCE_SECONDS: i64 = 40;
/// A larger difference is logged: machines with NTP differ by milliseconds.
pub const NOTICED_SECONDS: i64 = 2;
/// Without a database clock, a step is believed once the clock has run steadily for so long.
pub const STEADY_SECONDS: i64 = 600;
/// Until the clock has run for so long after a step ahead, no data is pruned, and no session refused as expired.
pub const SETTLING_SECONDS: i64 = 86_400;
/// A server may have been stopped for so long and still start with a trusted clock.
pub const PAUSE_SECONDS: i64 = 86_400;
/// How long past the expiry of tokens their revocations, status list entries and keys are kept. Clocks of two
/// serving instances may differ, or one may be set; verifiers tolerate skew on top; and a change is committed some
/// seconds after the instant it names.
pub const SLACK_SECONDS: i64 = 60;

/// Readings are whole seconds: two of them may each be off by one.
const READING_SECONDS: i64 = 2;
const COMMIT_SECONDS: i64 = 10;
const _: () = assert!(
    SKEW_TOLERANCE_SECONDS + READING_SECONDS <= Skew::MAX.seconds(),
    "an instance that serves issues no token from the future"
);
const _: () = assert!(
    2 * SKEW_TOLERANCE_SECONDS + READING_SECONDS + Skew::MAX.seconds() + COMMIT_SECONDS
        <= SLACK_SECONDS,
    "one instance is ahead, another behind"
);
const _: () = assert!(
    STEP_TOLERANCE_SECONDS + Skew::MAX.seconds() + COMMIT_SECONDS <= SLACK_SECONDS,
    "one clock, set between two readings"
);
