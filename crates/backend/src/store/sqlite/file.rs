//! The database's file: made so that only its owner can read it, and watched, because SQLite continues to write
//! into a file that was removed or replaced.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::store::StoreError;

/// Password hashes and seeds are in it. SQLite gives its write-ahead log the same mode.
const PRIVATE_FILE: u32 = 0o600;

/// The file that was opened, by name and by identity.
pub(super) struct DatabaseFile {
    path: PathBuf,
    identity: (u64, u64),
}

impl DatabaseFile {
    /// Remembers the file's identity. A missing file is made, if it may be.
    pub(super) fn open(path: &Path, may_create: bool) -> Result<Self, StoreError> {
        if path.as_os_str().is_empty() {
            return Err(StoreError::Url("name a file, as in sqlite:baton.db".to_owned()));
        }
        if may_create {
            let mut new = OpenOptions::new();
            match new.write(true).create_new(true).mode(PRIVATE_FILE).open(path) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(failed(error));
                }
                _ => {}
            }
        }
        let identity = identity(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => StoreError::Absent { found: "there is no such file" },
            _ => failed(error),
        })?;
        Ok(Self { path: path.to_owned(), identity })
    }

    /// Whether the name still leads to the file that was opened.
    pub(super) fn is_still_there(&self) -> Result<(), StoreError> {
        if identity(&self.path).map_err(failed)? == self.identity {
            return Ok(());
        }
        Err(failed(io::Error::other("the database file was replaced by another one")))
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let metadata = fs::metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}

fn failed(error: io::Error) -> StoreError {
    StoreError::Database(sqlx::Error::Io(error))
}
