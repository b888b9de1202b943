//! The open loop's schedule: when each request is due, whatever became of those before. A latency counts from that
//! instant, so a server that stalls is charged for every request that had to wait (no coordinated omission).

use std::time::Duration;

/// Requests at a constant rate.
pub(crate) struct Schedule {
    per_second: f64,
    sent: u64,
}

impl Schedule {
    /// `per_second` is above zero.
    pub(crate) fn new(per_second: f64) -> Self {
        Self { per_second, sent: 0 }
    }

    /// When the next request is due, from the beginning of the run.
    pub(crate) fn due(&self) -> Duration {
        // From the number and not from the last instant: rounding must not add up.
        Duration::from_secs_f64(self.sent as f64 / self.per_second)
    }

    /// The next request is on its way.
    pub(crate) fn advance(&mut self) {
        self.sent += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_evenly_spaced_and_do_not_drift() {
        let mut schedule = Schedule::new(3_000.0);
        assert_eq!(schedule.due(), Duration::ZERO);
        schedule.advance();
        assert_eq!(schedule.due(), Duration::from_secs_f64(1.0 / 3_000.0));
        for _ in 1..3_000_000 {
            schedule.advance();
        }
        assert_eq!(schedule.due(), Duration::from_secs(1_000));
    }
}
