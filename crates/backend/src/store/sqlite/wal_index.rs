//! The header of the write-ahead log's index, the shared memory of all processes that use the file: it changes with
//! every commit (<https://www.sqlite.org/walformat.html>, "WAL-Index Header"). Reading it takes no lock and no query.
//! What has changed, it does not say: `PRAGMA data_version` does.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// The first of the two copies of the header: the one that a commit writes last.
const HEADER_BYTES: usize = 48;

/// The header as it was read. Another one means that there was a commit, or that the log was begun again.
pub(super) type Mark = [u8; HEADER_BYTES];

/// The index of an open database's log.
pub(super) struct WalIndex(File);

impl WalIndex {
    /// The index beside this database file, while a connection to it is open.
    pub(super) fn open(database: &Path) -> io::Result<Self> {
        let mut path = database.as_os_str().to_owned();
        path.push("-shm");
        File::open(path).map(Self)
    }

    /// The header now. `None` if it cannot be read.
    pub(super) fn mark(&self) -> Option<Mark> {
        let mut mark = [0; HEADER_BYTES];
        self.0.read_exact_at(&mut mark, 0).ok()?;
        Some(mark)
    }
}
