//! Creates the database's file, readable by its owner alone.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;

/// Notes are private. SQLite gives its write-ahead log the same mode.
const PRIVATE_FILE: u32 = 0o600;

pub(super) fn make_private(path: &str) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(PRIVATE_FILE).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}
