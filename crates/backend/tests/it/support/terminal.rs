//! Runs the program at a pseudo-terminal, at whose other end the test types.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::{Output, Stdio};

use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};

use super::program::baton;

/// Runs the program at a terminal with this input typed.
pub(crate) fn run_at_terminal(folder: &Path, arguments: &[&str], typed: &str) -> Output {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
    let ours = openpt(flags).expect("a pseudo-terminal");
    grantpt(&ours).expect("it is ours");
    unlockpt(&ours).expect("it is open");
    let theirs = ioctl_tiocgptpeer(&ours, flags).expect("its other end");
    let mut command = baton(folder);
    command.args(arguments).stdin(Stdio::from(theirs));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("the program starts");
    // Closes our copy of the program's end.
    drop(command);
    let mut ours = File::from(ours);
    ours.write_all(typed.as_bytes()).expect("it takes what is typed");
    child.wait_with_output().expect("an end")
}
