//! Logs: to standard error, so that standard output stays for the one line that says where the
//! server listens. It must not know what is logged. Secrets cannot be logged by accident: their
//! types have neither `Debug` nor `Display`.

use std::error::Error;

use tracing_subscriber::EnvFilter;

/// Starts logging. `filter` is the syntax of `tracing-subscriber`, for example
/// `info,backend=debug`.
///
/// # Errors
/// If the filter cannot be read.
pub fn start(filter: &str, json: bool) -> Result<(), String> {
    let filter = EnvFilter::try_new(filter)
        .map_err(|error| format!("the log filter {filter:?} cannot be read: {error}"))?;
    let lines = tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter);
    if json {
        lines.json().init();
    } else {
        lines.with_ansi(false).init();
    }
    Ok(())
}

/// All that lies behind an error, the nearest first: the last of it is usually what there is to mend.
#[must_use]
pub fn causes(error: &dyn Error) -> String {
    let behind = std::iter::successors(error.source(), |error| (*error).source());
    behind.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
