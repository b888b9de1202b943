//! Detects that the wall clock was stepped (set, by an operator or by NTP) instead of having run, that it differs
//! from the database's, or that at start it is far from the database's last activity. Callers hand in the readings.

use shared::NumericDate;

use super::tolerance::{
    NOTICED_SECONDS, PAUSE_SECONDS, SETTLING_SECONDS, SKEW_TOLERANCE_SECONDS, STEADY_SECONDS,
    STEP_TOLERANCE_SECONDS,
};

/// Why the wall clock is not trusted. The text is for the log and for readiness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// It was set while the program ran.
    #[error(
        "the machine's clock was set by {seconds} s while Baton ran: set it right, or, if it is right now, wait 10 minutes or restart with --trust-clock"
    )]
    Stepped {
        /// By how many seconds; negative if it was set back.
        seconds: i64,
    },
    /// It differs from the database's.
    #[error(
        "the machine's clock and the database's differ by {seconds} s: set right the one that is wrong"
    )]
    Skewed {
        /// By how many seconds the machine's is ahead; negative if it is behind.
        seconds: i64,
    },
    /// At start it shows a time long after a server last worked on the database.
    #[error(
        "by the machine's clock no server has worked on the database for {seconds} s: set the clock right, or, if it is right, wait 10 minutes or restart with --trust-clock"
    )]
    Ahead {
        /// Seconds since then, by this clock.
        seconds: i64,
    },
    /// At start it shows a time before data that the database holds.
    #[error(
        "the database holds what happened {seconds} s later than the machine's clock shows: set the clock right, or, if it is right, wait 10 minutes or restart with --trust-clock"
    )]
    Behind {
        /// How far ahead of this clock the newest event or refresh in the database lies.
        seconds: i64,
    },
}

impl ClockError {
    /// Only a clock that is ahead expires tokens and sessions too early.
    const fn may_expire_too_much(self) -> bool {
        match self {
            Self::Stepped { seconds } | Self::Skewed { seconds } => seconds > 0,
            Self::Ahead { .. } => true,
            Self::Behind { .. } => false,
        }
    }
}

/// What the wall clock may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// All purposes.
    Settled,
    /// Serving requests; no removal, and no final refusal, because of an expiry.
    Unsettled(ClockError),
    /// No decision about expiry.
    Doubted(ClockError),
}

/// What a database without a clock says about the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastWork {
    /// Date of the newest event or refresh, or else of the last lease renewal: it cannot lie ahead.
    pub newest: NumericDate,
    /// When a server last worked on the database: `newest` or later.
    pub worked: NumericDate,
}

/// The readings so far, and what the wall clock must show now if it was not set.
#[derive(Debug)]
pub(super) struct StepDetector {
    settled: Run,
    /// The run since the clock was set, if it was.
    set: Option<SetRun>,
    /// The last comparison with the database's clock.
    compared: Option<Compared>,
    /// The difference from the database's clock, while it is worth a warning.
    noticed: Option<i64>,
    /// The last verdict in the log.
    logged: Verdict,
}

/// Two clocks, read at the same moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    pub(super) wall: NumericDate,
    pub(super) boot: i64,
}

/// A clock that runs: its last reading, and by how many seconds more it may have advanced since.
#[derive(Debug, Clone, Copy)]
struct Run {
    last: Reading,
    /// Zero, except at start, where only the database's last activity is known.
    leeway: i64,
}

#[derive(Debug, Clone, Copy)]
struct SetRun {
    last: Reading,
    since: i64,
}

#[derive(Debug, Clone, Copy)]
struct Compared {
    at: Reading,
    skew: i64,
}

impl Reading {
    /// By how many seconds the wall clock has advanced more than the boot clock.
    const fn step_to(self, later: Self) -> i64 {
        later.wall.0.saturating_sub(self.run_on_to(later).0)
    }

    /// What the wall clock shows at a later reading if it was not set.
    const fn run_on_to(self, later: Self) -> NumericDate {
        self.wall.plus(later.boot.saturating_sub(self.boot))
    }
}

impl Run {
    const fn on(last: Reading) -> Self {
        Self { last, leeway: 0 }
    }

    fn reaches(self, now: Reading) -> bool {
        let furthest = self.leeway.saturating_add(STEP_TOLERANCE_SECONDS);
        (-STEP_TOLERANCE_SECONDS..=furthest).contains(&self.last.step_to(now))
    }

    /// The error of a reading that is not on this run.
    const fn doubt_at(self, now: Reading) -> ClockError {
        let step = self.last.step_to(now);
        match self.leeway {
            0 => ClockError::Stepped { seconds: step },
            _ if step < 0 => ClockError::Behind { seconds: step.saturating_neg() },
            leeway => ClockError::Ahead { seconds: step - (leeway - PAUSE_SECONDS) },
        }
    }
}

impl Compared {
    /// By how much the wall clock is ahead of the database's at a later reading.
    const fn skew_at(self, now: Reading) -> i64 {
        self.skew.saturating_add(self.at.step_to(now))
    }
}

impl StepDetector {
    pub(super) const fn new(now: Reading) -> Self {
        Self {
            settled: Run::on(now),
            set: None,
            compared: None,
            noticed: None,
            logged: Verdict::Settled,
        }
    }

    /// Logs and returns the verdict on this reading.
    pub(super) fn judge(&mut self, now: Reading) -> Verdict {
        let verdict = self.verdict(now);
        self.log(verdict);
        verdict
    }

    fn verdict(&mut self, now: Reading) -> Verdict {
        // The database's clock, if there is one, decides which of two clocks is right.
        if let Some(compared) = self.compared {
            let seconds = compared.skew_at(now);
            let is_near = seconds.saturating_abs() <= SKEW_TOLERANCE_SECONDS;
            return if is_near {
                Verdict::Settled
            } else {
                Verdict::Doubted(ClockError::Skewed { seconds })
            };
        }
        if self.settled.reaches(now) {
            return self.settle(now);
        }
        let known = self.set.filter(|set| Run::on(set.last).reaches(now));
        let since = known.map_or(now.boot, |set| set.since);
        self.set = Some(SetRun { last: now, since });
        let (steady, doubt) = (now.boot.saturating_sub(since), self.settled.doubt_at(now));
        if steady < STEADY_SECONDS {
            Verdict::Doubted(doubt)
        } else if doubt.may_expire_too_much() && steady < STEADY_SECONDS + SETTLING_SECONDS {
            Verdict::Unsettled(doubt)
        } else {
            self.settle(now)
        }
    }

    const fn settle(&mut self, now: Reading) -> Verdict {
        (self.settled, self.set) = (Run::on(now), None);
        Verdict::Settled
    }

    /// Starts from the database's last activity instead of trusting the first reading.
    pub(super) fn begin(&mut self, LastWork { newest, worked }: LastWork, now: Reading) {
        let leeway = worked.since(newest).max(0).saturating_add(PAUSE_SECONDS);
        let last = Reading { wall: newest, boot: now.boot };
        (self.settled, self.set) = (Run { last, leeway }, None);
        self.judge(now);
    }

    /// Records a reading of the database's clock, requested `took` seconds before `now`.
    pub(super) fn compare(&mut self, database: NumericDate, took: i64, now: Reading) {
        let most = now.wall.since(database);
        // The database read its clock at some moment since the request: a slow answer makes no clock wrong.
        let least = most.saturating_sub(took.max(0));
        let skew = if least > 0 { least } else { most.min(0) };
        self.compared = Some(Compared { at: now, skew });
        self.notice(skew);
        self.judge(now);
    }

    /// The difference from the database's clock, while it is worth a warning.
    pub(super) const fn noticed(&self) -> Option<i64> {
        self.noticed
    }

    /// The best estimate of the time: by the database's clock, or, until a step is believed, by the run before it.
    pub(super) fn best(&self, now: Reading) -> NumericDate {
        match (self.compared, self.set) {
            (Some(compared), _) => now.wall.plus(compared.skew_at(now).saturating_neg()),
            (None, Some(set))
                if self.settled.leeway == 0
                    && now.boot.saturating_sub(set.since) < STEADY_SECONDS =>
            {
                self.settled.last.run_on_to(now)
            }
            (None, _) => now.wall,
        }
    }

    /// Logs once when the difference exceeds two seconds, and once when it falls below.
    fn notice(&mut self, skew: i64) {
        let size = skew.saturating_abs();
        match self.noticed {
            None if size > NOTICED_SECONDS => {
                tracing::warn!(
                    event = "clock.skewed",
                    seconds = skew,
                    "the machine's clock is ahead of the database's by so many seconds, or behind: set right the one that is wrong"
                );
                self.noticed = Some(skew);
            }
            Some(_) if size < NOTICED_SECONDS => {
                tracing::info!(event = "clock.agrees");
                self.noticed = None;
            }
            Some(_) => self.noticed = Some(skew),
            None => {}
        }
    }

    /// Logs a change of the verdict, not its repetitions.
    fn log(&mut self, verdict: Verdict) {
        match (std::mem::replace(&mut self.logged, verdict), verdict) {
            (Verdict::Doubted(_), Verdict::Doubted(_))
            | (Verdict::Unsettled(_), Verdict::Unsettled(_))
            | (Verdict::Settled, Verdict::Settled) => {}
            (_, Verdict::Doubted(error)) => {
                tracing::error!(event = "clock.untrusted", %error, "calls are 503, and nothing is removed");
            }
            (_, Verdict::Unsettled(error)) => {
                tracing::warn!(event = "clock.unsettled", %error, "for a day nothing is removed, and no session is refused as expired");
            }
            (_, Verdict::Settled) => tracing::info!(event = "clock.trusted"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: NumericDate = NumericDate(1_800_000_000);
    const DAY: i64 = 86_400;
    const FORTY_DAYS: i64 = 40 * DAY;

    /// A wall clock that was right at [`NOW`].
    struct Clocks {
        detector: StepDetector,
        now: Reading,
    }

    impl Clocks {
        fn new() -> Self {
            let now = Reading { wall: NOW, boot: 1_000 };
            Self { detector: StepDetector::new(now), now }
        }

        /// A start over a database whose newest event or refresh and last activity are so many seconds old.
        fn started(newest: i64, worked: i64) -> Self {
            let mut clocks = Self::new();
            let last_work = LastWork { newest: NOW.plus(-newest), worked: NOW.plus(-worked) };
            clocks.detector.begin(last_work, clocks.now);
            clocks
        }

        fn after(&mut self, seconds: i64, step: i64) -> Verdict {
            self.now.boot += seconds;
            self.now.wall = self.now.wall.plus(seconds + step);
            self.detector.judge(self.now)
        }

        fn compared(&mut self, database: NumericDate) -> Verdict {
            self.detector.compare(database, 0, self.now);
            self.after(0, 0)
        }
    }

    const fn stepped(seconds: i64) -> Verdict {
        Verdict::Doubted(ClockError::Stepped { seconds })
    }

    const fn skewed(seconds: i64) -> Verdict {
        Verdict::Doubted(ClockError::Skewed { seconds })
    }

    #[test]
    fn a_clock_that_runs_is_trusted_however_long_it_was_not_checked() {
        let mut clocks = Clocks::new();
        assert_eq!(clocks.after(1, 0), Verdict::Settled);
        assert_eq!(clocks.after(FORTY_DAYS, 0), Verdict::Settled);
        assert_eq!(clocks.after(5, STEP_TOLERANCE_SECONDS), Verdict::Settled, "as NTP sets it");
        assert_eq!(clocks.after(5, -STEP_TOLERANCE_SECONDS), Verdict::Settled);
    }

    #[test]
    fn a_clock_that_was_stepped_is_in_doubt_until_it_is_set_back() {
        let least = STEP_TOLERANCE_SECONDS + 1;
        for step in [FORTY_DAYS, -FORTY_DAYS, least, -least] {
            let mut clocks = Clocks::new();
            assert_eq!(clocks.after(1, step), stepped(step));
            assert_eq!(clocks.after(10, 0), stepped(step));
            assert_eq!(clocks.detector.best(clocks.now), NOW.plus(11), "as if it had run on");
            assert_eq!(clocks.after(1, -step), Verdict::Settled);
        }
    }

    #[test]
    fn without_a_database_a_step_is_believed_once_the_clock_has_run_steadily_for_ten_minutes() {
        let mut clocks = Clocks::new();
        assert_eq!(clocks.after(1, -FORTY_DAYS), stepped(-FORTY_DAYS));
        assert_eq!(clocks.after(STEADY_SECONDS - 1, 0), stepped(-FORTY_DAYS));
        // Another step restarts the ten minutes.
        let again = stepped(-FORTY_DAYS - 3_600);
        assert_eq!(clocks.after(1, -3_600), again);
        assert_eq!(clocks.after(STEADY_SECONDS - 1, 0), again);
        assert_eq!(clocks.after(1, 0), Verdict::Settled);
    }

    /// An operator may take more than ten minutes to notice.
    #[test]
    fn a_step_ahead_that_is_believed_settles_after_a_day() {
        let mut clocks = Clocks::new();
        assert_eq!(clocks.after(1, FORTY_DAYS), stepped(FORTY_DAYS));
        let believed = Verdict::Unsettled(ClockError::Stepped { seconds: FORTY_DAYS });
        assert_eq!(clocks.after(STEADY_SECONDS, 0), believed);
        assert_eq!(clocks.detector.best(clocks.now), clocks.now.wall);
        assert_eq!(clocks.after(SETTLING_SECONDS - 1, 0), believed);
        let mut found_wrong = Clocks { detector: clocks.detector, now: clocks.now };
        assert_eq!(found_wrong.after(0, -FORTY_DAYS), Verdict::Settled, "set right again");
        assert_eq!(found_wrong.after(1, FORTY_DAYS), stepped(FORTY_DAYS));
        assert_eq!(found_wrong.after(STEADY_SECONDS + SETTLING_SECONDS, 0), Verdict::Settled);
    }

    #[test]
    fn a_start_within_a_day_of_the_last_work_needs_no_belief() {
        for (newest, worked) in [(0, 0), (DAY, DAY), (FORTY_DAYS, 1_800), (-10, -10)] {
            let mut clocks = Clocks::started(newest, worked);
            assert_eq!(clocks.after(0, 0), Verdict::Settled, "{newest} {worked}");
            assert_eq!(clocks.after(1, 60), stepped(60), "it is held to where it began");
        }
    }

    #[test]
    fn a_start_with_a_clock_ahead_waits_until_it_is_set_right_or_has_run_steadily() {
        let mut clocks = Clocks::started(FORTY_DAYS + DAY, FORTY_DAYS);
        let ahead = |seconds| ClockError::Ahead { seconds };
        assert_eq!(clocks.after(0, 0), Verdict::Doubted(ahead(FORTY_DAYS)));
        assert_eq!(clocks.after(5, -FORTY_DAYS), Verdict::Settled, "NTP has found its servers");
        let mut clocks = Clocks::started(FORTY_DAYS, FORTY_DAYS);
        assert_eq!(clocks.after(STEADY_SECONDS - 1, 0), Verdict::Doubted(ahead(FORTY_DAYS)));
        assert_eq!(clocks.after(1, 0), Verdict::Unsettled(ahead(FORTY_DAYS)));
        assert_eq!(clocks.after(SETTLING_SECONDS, 0), Verdict::Settled);
    }

    /// Or the database was written by a clock that was ahead: this one expires no session too early.
    #[test]
    fn a_start_with_a_clock_behind_what_has_happened_waits_for_ten_minutes() {
        let mut clocks = Clocks::started(-FORTY_DAYS, -FORTY_DAYS);
        let behind = Verdict::Doubted(ClockError::Behind { seconds: FORTY_DAYS });
        assert_eq!(clocks.after(0, 0), behind);
        assert_eq!(clocks.after(STEADY_SECONDS - 1, 0), behind);
        assert_eq!(clocks.after(1, 0), Verdict::Settled);
        let mut clocks = Clocks::started(-FORTY_DAYS, -FORTY_DAYS);
        assert_eq!(clocks.after(5, FORTY_DAYS), Verdict::Settled);
    }

    #[test]
    fn the_database_says_at_once_whether_a_step_was_right_and_time_alone_does_not() {
        let mut clocks = Clocks::new();
        assert_eq!(clocks.compared(NOW), Verdict::Settled);
        assert_eq!(clocks.after(1, FORTY_DAYS), skewed(FORTY_DAYS));
        assert_eq!(clocks.after(2 * (STEADY_SECONDS + DAY), 0), skewed(FORTY_DAYS));
        let database = clocks.now.wall.plus(-FORTY_DAYS);
        assert_eq!(clocks.compared(database), skewed(FORTY_DAYS));
        assert_eq!(clocks.detector.best(clocks.now), database);
        let right = clocks.now.wall.plus(SKEW_TOLERANCE_SECONDS);
        assert_eq!(clocks.compared(right), Verdict::Settled);
    }

    #[test]
    fn beside_a_database_a_small_step_is_one_too_much_if_it_leads_away() {
        let mut clocks = Clocks::new();
        assert_eq!(clocks.compared(NOW.plus(-5)), Verdict::Settled);
        assert_eq!(clocks.after(1, 4), skewed(9));
        assert_eq!(clocks.after(1, -9), Verdict::Settled, "it is right to the second");
    }

    #[test]
    fn a_clock_that_is_wrong_from_the_start_is_detected_by_the_database() {
        let mut clocks = Clocks::new();
        assert_eq!(clocks.compared(NOW.plus(-FORTY_DAYS)), skewed(FORTY_DAYS));
    }

    #[test]
    fn an_answer_of_the_database_that_was_long_on_its_way_makes_no_clock_wrong() {
        let mut clocks = Clocks::new();
        clocks.detector.compare(NOW.plus(-20), 20, clocks.now);
        assert_eq!((clocks.after(0, 0), clocks.detector.noticed()), (Verdict::Settled, None));
        // A slow answer does not hide that the clock was set before.
        clocks.detector.compare(NOW.plus(-FORTY_DAYS), 20, clocks.now);
        assert_eq!(clocks.after(0, 0), skewed(FORTY_DAYS - 20));
    }

    #[test]
    fn a_difference_is_noticed_beyond_two_seconds_until_it_is_below() {
        let mut clocks = Clocks::new();
        for (skew, noticed) in
            [(2, None), (-2, None), (3, Some(3)), (2, Some(2)), (1, None), (-4, Some(-4))]
        {
            clocks.compared(NOW.plus(-skew));
            assert_eq!(clocks.detector.noticed(), noticed, "{skew}");
        }
    }
}
