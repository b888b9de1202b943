//! By how much clocks may disagree, in seconds, and what follows from it for everything that is remembered on
//! account of a token that may still be out. All of it is here, so that no part is sized for less than another.

use verifier::Skew;

/// By how much the machine's clock may differ from the database's. An instance within it issues tokens that every
/// other instance, and every verifier whose clock is right, accepts at once.
pub const SKEW_TOLERANCE_SECONDS: i64 = 8;
/// By how much the machine's clock may be set while the program runs, where no database has a clock to ask.
pub const STEP_TOLERANCE_SECONDS: i64 = 40;
/// From more than this on, a difference is told: machines with NTP differ by milliseconds.
pub const NOTICED_SECONDS: i64 = 2;
/// A step is believed once the clock has run steadily for so long after it, unless a database can be asked.
pub const STEADY_SECONDS: i64 = 600;
/// A step ahead that is believed removes nothing, and refuses nothing for good, until it has run for so long.
pub const SETTLING_SECONDS: i64 = 86_400;
/// A server may have been stopped for so long and still be started without a doubt.
pub const PAUSE_SECONDS: i64 = 86_400;
/// For how much longer than by its own dates what concerns a token has to be remembered: revocations, places in the
/// status list, keys. Clocks of two instances that serve may differ, or one may be set, verifiers tolerate a skew
/// on top, and a change is committed some seconds after the instant it names.
pub const SLACK_SECONDS: i64 = 60;

/// Readings are whole seconds: of two, each may be one off.
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
