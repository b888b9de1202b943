//! What a command writes: its answer on standard output, reports to the operator on standard error.

use std::io::Write as _;

/// Standard output is for the operator or script that runs the program; logs go to standard error.
pub(super) fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

/// Standard error is for the operator to read; standard output holds the answer alone.
pub(super) fn report(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
