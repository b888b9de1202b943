//! The rate of a token bucket and its spelling: `100/5s` is 100 at once, and then one more every 5 seconds.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A rate limit: so many at once, and one more in each period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// The size of the bucket.
    pub at_once: u32,
    /// The time in which one token is added.
    pub period: Duration,
}

/// A text that is not a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoRate;

/// Units of periods, the longest first: the spelling of a rate takes the first that divides its period.
const UNITS: [(&str, Duration); 3] = [
    ("s", Duration::from_secs(1)),
    ("ms", Duration::from_millis(1)),
    ("us", Duration::from_micros(1)),
];

impl Rate {
    /// How many calls pass within this time at most: a full bucket, and the tokens added in that time.
    #[must_use]
    pub fn most_within(self, time: Duration) -> u128 {
        let added = time.as_nanos().checked_div(self.period.as_nanos());
        added.unwrap_or(u128::MAX).saturating_add(self.at_once.into())
    }

    /// Whether it is neither tighter than `least` nor looser than `most`.
    #[must_use]
    pub fn is_within(self, least: Self, most: Self) -> bool {
        (least.at_once..=most.at_once).contains(&self.at_once)
            && (most.period..=least.period).contains(&self.period)
    }

    /// Whether it leaves at least half of another rate to others, at once and over time.
    #[must_use]
    pub fn is_half_of(self, whole: Self) -> bool {
        self.at_once <= whole.at_once / 2 && self.period >= whole.period.saturating_mul(2)
    }

    /// The tightest rate that is no tighter than this one and of which another is half.
    #[must_use]
    pub fn with_half(self, part: Self) -> Self {
        let at_once = self.at_once.max(part.at_once.saturating_mul(2));
        Self { at_once, period: self.period.min(part.period / 2) }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.at_once, Period(self.period))
    }
}

/// A period as it is spelled.
pub struct Period(pub Duration);

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.as_nanos();
        let divides = |(_, unit): &(&str, Duration)| nanos.is_multiple_of(unit.as_nanos());
        // Every parsed or constant period is a whole number of microseconds.
        let (unit, length) = UNITS.into_iter().find(divides).unwrap_or(UNITS[UNITS.len() - 1]);
        write!(f, "{}{unit}", nanos / length.as_nanos())
    }
}

impl FromStr for Rate {
    type Err = NoRate;

    fn from_str(text: &str) -> Result<Self, NoRate> {
        let (at_once, period) = text.split_once('/').ok_or(NoRate)?;
        let unit = period.trim_start_matches(|digit: char| digit.is_ascii_digit());
        let (_, length) = UNITS.into_iter().find(|(name, _)| *name == unit).ok_or(NoRate)?;
        let period = length.checked_mul(number(&period[..period.len() - unit.len()])?);
        Ok(Self { at_once: number(at_once)?, period: period.ok_or(NoRate)? })
    }
}

/// Digits only; the standard library would accept a sign.
fn number(digits: &str) -> Result<u32, NoRate> {
    let digits = Some(digits).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    digits.and_then(|digits| digits.parse().ok()).ok_or(NoRate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_has_one_spelling_and_is_read_from_it() {
        for (text, at_once, micros) in [
            ("100/5s", 100, 5_000_000),
            ("1/1us", 1, 1),
            ("4000/10ms", 4_000, 10_000),
            ("20/1500ms", 20, 1_500_000),
            ("0/0s", 0, 0),
        ] {
            let rate = Rate { at_once, period: Duration::from_micros(micros) };
            assert_eq!((text.parse(), rate.to_string()), (Ok(rate), text.to_owned()));
        }
        assert_eq!("0020/5000ms".parse::<Rate>().map(|rate| rate.to_string()), Ok("20/5s".into()));
        assert_eq!("60/120s".parse(), Ok(Rate { at_once: 60, period: Duration::from_mins(2) }));
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for text in [
            "",
            "/",
            "100",
            "100/",
            "/5s",
            "100/s",
            "100/5",
            "100/5m",
            "100/5h",
            "100/5S",
            "100/5 s",
            "+100/5s",
            "-1/5s",
            "100/+5s",
            "100/-5s",
            "1e3/5s",
            "100/0.5s",
            "100/5s/5s",
            " 100/5s",
            "4294967296/5s",
            "100/4294967296s",
            "100/99999999999999999999s",
            "١/5s",
            "100/5µs",
        ] {
            assert_eq!(text.parse::<Rate>(), Err(NoRate), "{text:?}");
        }
    }

    #[test]
    fn a_part_is_half_at_most_at_once_and_over_time() {
        let rate = |text: &str| text.parse::<Rate>().expect("a rate");
        let whole = rate("100/5s");
        for (part, is_half) in
            [("50/10s", true), ("51/10s", false), ("50/9999ms", false), ("1/1s", false)]
        {
            assert_eq!(rate(part).is_half_of(whole), is_half, "{part}");
        }
        for (part, enough) in [("60/5s", "120/2500ms"), ("1/1s", "100/500ms"), ("9/20s", "100/5s")]
        {
            assert_eq!(whole.with_half(rate(part)), rate(enough), "{part}");
            assert!(rate(part).is_half_of(rate(enough)));
        }
    }
}
