//! Latencies as a histogram of high dynamic range (HdrHistogram): from a nanosecond to a minute, three significant
//! digits, whatever their number.

use std::time::Duration;

use hdrhistogram::Histogram;

/// Longer ones count as a minute.
const LONGEST_NANOSECONDS: u64 = 60_000_000_000;
const SIGNIFICANT_DIGITS: u8 = 3;

/// Latencies of one operation.
pub(crate) struct Latencies(Histogram<u64>);

impl Latencies {
    pub(crate) fn new() -> Self {
        let histogram = Histogram::new_with_bounds(1, LONGEST_NANOSECONDS, SIGNIFICANT_DIGITS);
        Self(histogram.expect("the bounds are in order, and three digits are allowed"))
    }

    pub(crate) fn record(&mut self, latency: Duration) {
        let nanoseconds = u64::try_from(latency.as_nanos()).unwrap_or(LONGEST_NANOSECONDS);
        self.0.saturating_record(nanoseconds.clamp(1, LONGEST_NANOSECONDS));
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.len()
    }

    /// The latency that this share of all does not exceed, in microseconds.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        self.0.value_at_quantile(share) as f64 / 1_000.0
    }

    /// The longest, in microseconds.
    pub(crate) fn longest(&self) -> f64 {
        self.0.max() as f64 / 1_000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(milliseconds: impl Iterator<Item = u64>) -> Latencies {
        let mut latencies = Latencies::new();
        milliseconds.for_each(|it| latencies.record(Duration::from_millis(it)));
        latencies
    }

    /// Within the three digits that a histogram keeps.
    fn is_near(found: f64, expected: f64) -> bool {
        (found - expected).abs() <= expected / 1_000.0
    }

    #[test]
    fn quantiles_are_those_of_the_recorded_latencies() {
        let latencies = of(1..=1_000);
        assert_eq!(latencies.count(), 1_000);
        for (share, expected) in [(0.5, 500_000.0), (0.99, 990_000.0), (0.999, 999_000.0)] {
            let found = latencies.quantile(share);
            assert!(is_near(found, expected), "{share}: {found}");
        }
        assert!(is_near(latencies.longest(), 1_000_000.0));
    }

    #[test]
    fn one_slow_request_of_a_thousand_is_seen_in_the_tail_alone() {
        let latencies = of(std::iter::repeat_n(1, 999).chain([5_000]));
        assert!(is_near(latencies.quantile(0.99), 1_000.0));
        assert!(is_near(latencies.longest(), 5_000_000.0));
    }

    #[test]
    fn the_shortest_and_the_longest_are_recorded_as_well() {
        let mut latencies = Latencies::new();
        latencies.record(Duration::ZERO);
        latencies.record(Duration::from_secs(1_000_000));
        assert_eq!(latencies.count(), 2);
        assert!(is_near(latencies.longest(), 60_000_000.0), "{}", latencies.longest());
    }
}
