//! Detects that the wall clock was stepped (set, by an operator or by NTP) instead of having run, or that it
//! differs from the database's. It must not read a clock: readings are handed in.

use shared::NumericDate;

/// By how many seconds clocks may disagree: more than NTP slews and tokens tolerate, less than a session's life.
pub const TOLERANCE_SECONDS: i64 = 120;
/// A step is believed once the clock has run steadily for so long after it, unless a database can be asked.
pub const STEADY_SECONDS: i64 = 600;

/// Why the wall clock is in doubt. The text is for the log, and for readiness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// It was set while the program ran.
    #[error(
        "the machine's clock was set by {seconds} s while Baton ran: set it right, or, if it is right now, restart Baton or wait 10 minutes"
    )]
    Stepped {
        /// By how many seconds; negative if it was set back.
        seconds: i64,
    },
    /// It is not the database's.
    #[error(
        "the machine's clock and the database's differ by {seconds} s: set right the one that is wrong"
    )]
    Skewed {
        /// By how many seconds the machine's is ahead; negative if it is behind.
        seconds: i64,
    },
}

/// What the wall clock has shown, and what it must show now if it was not set.
#[derive(Debug)]
pub(super) struct StepDetector {
    trusted: Reading,
    /// Where the clock has run since it was stepped.
    stepped: Option<Reading>,
    /// By how much it was ahead of the database's when they were compared last.
    skew: Option<i64>,
    /// What was said in the log.
    logged: Option<ClockError>,
}

/// What two clocks showed at the same moment.
#[derive(Debug, Clone, Copy)]
struct Reading {
    wall: NumericDate,
    boot: i64,
}

impl Reading {
    /// By how many seconds the wall clock has gone further than the other one since.
    const fn step_to(self, later: Self) -> i64 {
        let passed = later.boot.saturating_sub(self.boot);
        later.wall.0.saturating_sub(self.wall.0.saturating_add(passed))
    }

    const fn runs_on_to(self, later: Self) -> bool {
        self.step_to(later).saturating_abs() <= TOLERANCE_SECONDS
    }
}

impl StepDetector {
    pub(super) const fn new(wall: NumericDate, boot: i64) -> Self {
        Self { trusted: Reading { wall, boot }, stepped: None, skew: None, logged: None }
    }

    /// Whether the wall clock may be believed at this reading.
    pub(super) fn judge(&mut self, wall: NumericDate, boot: i64) -> Result<(), ClockError> {
        let verdict = self.verdict(Reading { wall, boot });
        self.log(verdict.err());
        verdict
    }

    fn verdict(&mut self, now: Reading) -> Result<(), ClockError> {
        if let Some(seconds) = self.skew.filter(|skew| skew.saturating_abs() > TOLERANCE_SECONDS) {
            return Err(ClockError::Skewed { seconds });
        }
        if self.trusted.runs_on_to(now) {
            (self.trusted, self.stepped) = (now, None);
            return Ok(());
        }
        let stepped = self.stepped.filter(|stepped| stepped.runs_on_to(now)).unwrap_or(now);
        self.stepped = Some(stepped);
        let steady_seconds = now.boot.saturating_sub(stepped.boot);
        // With a database, it decides.
        if self.skew.is_none() && steady_seconds >= STEADY_SECONDS {
            (self.trusted, self.stepped) = (now, None);
            return Ok(());
        }
        Err(ClockError::Stepped { seconds: self.trusted.step_to(now) })
    }

    /// Takes note of a reading of the database's clock.
    pub(super) fn compare(&mut self, database: NumericDate, wall: NumericDate, boot: i64) {
        let skew = wall.since(database);
        self.skew = Some(skew);
        if skew.saturating_abs() <= TOLERANCE_SECONDS {
            (self.trusted, self.stepped) = (Reading { wall, boot }, None);
        }
        let _ = self.judge(wall, boot);
    }

    /// Once for each spell, and once when it is over.
    fn log(&mut self, doubt: Option<ClockError>) {
        match (self.logged, doubt) {
            (None, Some(error)) => {
                tracing::error!(event = "clock.untrusted", %error, "calls are 503, and nothing is removed");
            }
            (Some(_), None) => tracing::info!(event = "clock.trusted"),
            _ => {}
        }
        self.logged = doubt;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: NumericDate = NumericDate(1_800_000_000);
    const FORTY_DAYS: i64 = 40 * 86_400;

    /// A wall clock that was right at [`NOW`].
    struct Clocks {
        detector: StepDetector,
        wall: NumericDate,
        boot: i64,
    }

    impl Clocks {
        fn new() -> Self {
            Self { detector: StepDetector::new(NOW, 1_000), wall: NOW, boot: 1_000 }
        }

        fn after(&mut self, seconds: i64, step: i64) -> Result<(), ClockError> {
            self.boot += seconds;
            self.wall = self.wall.plus(seconds + step);
            self.detector.judge(self.wall, self.boot)
        }

        fn compared(&mut self, database: NumericDate) -> Result<(), ClockError> {
            self.detector.compare(database, self.wall, self.boot);
            self.after(0, 0)
        }
    }

    #[test]
    fn a_clock_that_runs_is_trusted_however_long_it_was_not_looked_at() {
        let mut clocks = Clocks::new();
        assert_eq!(clocks.after(1, 0), Ok(()));
        assert_eq!(clocks.after(FORTY_DAYS, 0), Ok(()));
        assert_eq!(clocks.after(5, TOLERANCE_SECONDS), Ok(()), "as NTP sets it right");
        assert_eq!(clocks.after(5, -TOLERANCE_SECONDS), Ok(()));
    }

    #[test]
    fn a_clock_that_was_stepped_is_in_doubt_until_it_is_set_back() {
        for step in [FORTY_DAYS, -FORTY_DAYS, TOLERANCE_SECONDS + 1, -TOLERANCE_SECONDS - 1] {
            let mut clocks = Clocks::new();
            let stepped = Err(ClockError::Stepped { seconds: step });
            assert_eq!(clocks.after(1, step), stepped);
            assert_eq!(clocks.after(10, 0), stepped);
            assert_eq!(clocks.after(1, -step), Ok(()));
        }
    }

    #[test]
    fn without_a_database_a_step_is_believed_once_the_clock_has_run_steadily_for_ten_minutes() {
        let mut clocks = Clocks::new();
        let stepped = Err(ClockError::Stepped { seconds: FORTY_DAYS });
        assert_eq!(clocks.after(1, FORTY_DAYS), stepped);
        assert_eq!(clocks.after(STEADY_SECONDS - 1, 0), stepped);
        // Another step begins another spell.
        let again = Err(ClockError::Stepped { seconds: FORTY_DAYS + 3_600 });
        assert_eq!(clocks.after(1, 3_600), again);
        assert_eq!(clocks.after(STEADY_SECONDS - 1, 0), again);
        assert_eq!(clocks.after(1, 0), Ok(()));
    }

    #[test]
    fn the_database_says_at_once_whether_a_step_was_right_and_time_alone_does_not() {
        let mut clocks = Clocks::new();
        assert_eq!(clocks.compared(NOW), Ok(()));
        let stepped = Err(ClockError::Stepped { seconds: FORTY_DAYS });
        assert_eq!(clocks.after(1, FORTY_DAYS), stepped);
        assert_eq!(clocks.after(2 * STEADY_SECONDS, 0), stepped);
        let skewed = Err(ClockError::Skewed { seconds: FORTY_DAYS });
        let database = clocks.wall.plus(-FORTY_DAYS);
        assert_eq!(clocks.compared(database), skewed);
        assert_eq!(clocks.after(2 * STEADY_SECONDS, 0), skewed);
        let right = clocks.wall.plus(TOLERANCE_SECONDS);
        assert_eq!(clocks.compared(right), Ok(()));
    }

    #[test]
    fn a_clock_that_is_wrong_from_the_start_is_found_out_by_the_database() {
        let mut clocks = Clocks::new();
        let skewed = Err(ClockError::Skewed { seconds: FORTY_DAYS });
        assert_eq!(clocks.compared(NOW.plus(-FORTY_DAYS)), skewed);
    }
}
