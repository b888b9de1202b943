//! What `serve` takes of rate limits, and the list of them that its help ends with. It must not know what is counted.

use clap::ValueEnum;

use crate::auth::rate_limit::{Row, TABLE, bounds};

/// Whether calls are limited in number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RateLimits {
    /// As a server in front of users needs them.
    Default,
    /// None: for tests and benchmarks.
    Off,
}

/// Each limit that `--rate-limit` can set, with its standard rate and its bounds.
pub(super) fn help() -> String {
    let line =
        |row: &Row| format!("\n  {:45} {:10} {}", row.name, row.standard.to_string(), bounds(row));
    let limits: String = TABLE.iter().map(line).collect();
    format!(
        "Rate limits, each so many at once and one more every so long; the standard rate, and the bounds:{limits}"
    )
}
