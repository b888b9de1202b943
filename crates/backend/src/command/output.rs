//! What a command writes: its answer on standard output, reports to the operator on standard error.

use std::io::Write as _;

/// Standard output is for the operator or script that runs the program; logs go to standard error.
pub(super) fn say(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    // In one write: a reader may be gone after the first line.
    out.write_all(format!("{text}\n").as_bytes())?;
    Ok(out.flush()?)
}

/// Standard error is for the operator to read; standard output holds the answer alone.
pub(super) fn report(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
