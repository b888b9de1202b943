//! The load generator's output: plain lines.
#![expect(clippy::print_stdout, reason = "speaking is this file's purpose")]

use std::io::Write as _;

/// Prints one line, at once: the reader may be a pipe.
pub(crate) fn say(text: &str) {
    println!("{text}");
    // A closed pipe ends the reader, not the measurement.
    let _ = std::io::stdout().flush();
}
