//! The database's file: made so that only its owner can read it. It must not read what is in it.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;

/// What people note is nobody's business. SQLite gives its write-ahead log the same mode.
const PRIVATE_FILE: u32 = 0o600;

pub(super) fn make_private(path: &str) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(PRIVATE_FILE).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}
