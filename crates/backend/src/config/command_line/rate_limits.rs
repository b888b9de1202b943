//! The arguments of `serve` about rate limits, and the list of rate limits that its help ends with.

use clap::ValueEnum;

use crate::auth::rate_limit::{Row, TABLE, bounds};

/// Whether rate limits apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RateLimits {
    /// As a server in front of users needs them.
    Default,
    /// None: for tests and benchmarks.
    Off,
}

/// Each rate limit that `--rate-limit` can set, with its standard rate and its bounds.
pub(super) fn help() -> String {
    let line =
        |row: &Row| format!("\n  {:45} {:10} {}", row.name, row.standard.to_string(), bounds(row));
    let limits: String = TABLE.iter().map(line).collect();
    format!(
        "Rate limits, each so many at once and one more every so long; the standard rate, and the bounds:{limits}"
    )
}
