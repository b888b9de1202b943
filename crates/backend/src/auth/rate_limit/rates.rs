//! The rates in force: the standard ones, and an operator's settings, validated.

use super::rate::{Period, Rate};
use super::table::{LIMITS, Limit, Row, TABLE};

/// A rate for each limit, within its bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates([Rate; LIMITS]);

/// Why a setting is refused, and how to mend it, in one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RateError(String);

impl Default for Rates {
    fn default() -> Self {
        Self(std::array::from_fn(|number| TABLE[number].standard))
    }
}

impl Rates {
    /// The standard rates but for these, each written as `NAME=AT_ONCE/PERIOD`.
    ///
    /// # Errors
    /// If an entry is malformed, names no limit or a limit for the second time, or is out of bounds; or if a part of
    /// a limit is more than half of it.
    pub fn with(entries: &[String]) -> Result<Self, RateError> {
        let mut set: [Option<Rate>; LIMITS] = [None; LIMITS];
        for entry in entries {
            let (row, rate) = read(entry)?;
            if set[row.limit as usize].replace(rate).is_some() {
                let (name, example) = (row.name, example(row));
                let text = format!("{name} is set more than once: leave one, such as {example}");
                return Err(RateError(text));
            }
        }
        let Self(standard) = Self::default();
        let rates = Self(std::array::from_fn(|number| set[number].unwrap_or(standard[number])));
        rates.check_parts()?;
        Ok(rates)
    }

    /// The rate of a limit.
    #[must_use]
    pub const fn of(&self, limit: Limit) -> Rate {
        self.0[limit as usize]
    }

    /// The rates that differ from the standard.
    pub fn changed(&self) -> impl Iterator<Item = (&'static Row, Rate)> {
        let rows = TABLE.iter().map(|row| (row, self.of(row.limit)));
        rows.filter(|(row, rate)| row.standard != *rate)
    }

    fn check_parts(&self) -> Result<(), RateError> {
        for row in &TABLE {
            let Some(whole_row) = row.part_of.map(Limit::row) else { continue };
            let (part, whole) = (self.of(row.limit), self.of(whole_row.limit));
            if !part.is_half_of(whole) {
                let (name, whole_name) = (row.name, whole_row.name);
                return Err(RateError(format!(
                    "{name}={part} is more than half of {whole_name}={whole}, of which it could leave nothing to others: set {whole_name}={} or more, or a lower {name}",
                    whole.with_half(part)
                )));
            }
        }
        Ok(())
    }
}

/// Parses `NAME=AT_ONCE/PERIOD`.
fn read(entry: &str) -> Result<(&'static Row, Rate), RateError> {
    let entry = entry.trim();
    let some = Limit::LoginsPerNetwork.row();
    let Some((name, text)) = entry.split_once('=') else {
        return Err(malformed(entry, some));
    };
    let (name, text) = (name.trim(), text.trim());
    let Some(row) = TABLE.iter().find(|row| row.name == name) else {
        let names: Vec<&str> = TABLE.iter().map(|row| row.name).collect();
        let (names, example) = (names.join(", "), example(some));
        let text = format!("there is no limit {name:?}, but {names}; write {example}");
        return Err(RateError(text));
    };
    let rate: Rate = text.parse().map_err(|_| malformed(entry, row))?;
    if rate.is_within(row.least, row.most) {
        return Ok((row, rate));
    }
    Err(RateError(format!(
        "{name}={rate} is out of bounds: {}; such as {}",
        bounds(row),
        example(row)
    )))
}

fn malformed(entry: &str, row: &Row) -> RateError {
    RateError(format!(
        "{entry:?} is not of the form NAME=AT_ONCE/PERIOD, with whole numbers and a period in s, ms or us, such as {}",
        example(row)
    ))
}

/// The bounds of a limit, as text.
#[must_use]
pub fn bounds(row: &Row) -> String {
    let Row { least, most, .. } = row;
    let (shortest, longest) = (Period(most.period), Period(least.period));
    format!(
        "from {} to {} at once, and one more every {shortest} to {longest}",
        least.at_once, most.at_once
    )
}

fn example(row: &Row) -> String {
    format!("{}={}", row.name, row.standard)
}
