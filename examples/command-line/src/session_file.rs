//! The session between two runs of the program: cookies, and the attempt key of a refresh without an answer. Each
//! write replaces the file as a whole, and only a process that holds the lock reads or writes it. The access token is
//! never in it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use http::HeaderMap;
use http::header::SET_COOKIE;
use serde::{Deserialize, Serialize};

/// The cookie of the refresh token. A Baton whose host has another one adds its port.
const REFRESH_COOKIE: &str = "__Host-Http-refresh";
/// A device cookie outlives the session: it spares its owner a lockout that others cause.
const DEVICES_COOKIE: &str = "__Host-Http-devices";
/// Only the owner reads and writes.
const PRIVATE: u32 = 0o600;

/// The path of the session file.
#[derive(Debug, Clone)]
pub struct SessionFile(PathBuf);

/// What the file holds. No `Debug`: it is a credential.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The Baton that set the cookies, and the only one that gets them.
    pub origin: String,
    /// Values by name.
    pub cookies: BTreeMap<String, String>,
    /// The key of a refresh that was sent, or was about to be, and whose answer is not stored yet.
    pub attempt_key: Option<String>,
}

/// The session file while this process holds its lock.
pub struct LockedFile {
    path: PathBuf,
    /// The kernel releases the lock when this is closed, and so when the process dies.
    _lock: File,
}

impl SessionFile {
    /// The session in this file, which need not exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Waits for the lock. A process holds it for one request at most, which is bounded in time.
    ///
    /// The lock is on a file beside: the session file is replaced at each write, and a lock on the old one would
    /// exclude no reader of the new one.
    ///
    /// # Errors
    /// If the lock file cannot be made.
    pub fn lock(&self) -> io::Result<LockedFile> {
        let beside = beside(&self.0, "lock");
        let lock = File::options().create(true).append(true).mode(PRIVATE).open(beside)?;
        lock.lock()?;
        Ok(LockedFile { path: self.0.clone(), _lock: lock })
    }
}

impl LockedFile {
    /// The record; `None` if there is no file.
    ///
    /// # Errors
    /// If the file cannot be read, or other users can read it.
    pub fn read(&self) -> io::Result<Option<Record>> {
        let text = match fs::read(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            text => text?,
        };
        if fs::metadata(&self.path)?.mode() & 0o077 != 0 {
            let message =
                "other users can read it: chmod 600, or log in again after you deleted it";
            return Err(io::Error::new(ErrorKind::PermissionDenied, message));
        }
        Ok(Some(serde_json::from_slice(&text)?))
    }

    /// Replaces the file: after a crash there is the old record or the new one. It is on the disk before this
    /// returns, so that an attempt key is never sent and forgotten.
    ///
    /// # Errors
    /// If the file cannot be written; the old one stays.
    pub fn write(&self, record: &Record) -> io::Result<()> {
        let new = beside(&self.path, "new");
        // What a crash left there may have another mode.
        match fs::remove_file(&new) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = File::options().write(true).create_new(true).mode(PRIVATE).open(&new)?;
        file.write_all(&serde_json::to_vec_pretty(record)?)?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

impl Record {
    /// No session at this origin yet.
    #[must_use]
    pub fn at(origin: &str) -> Self {
        Self { origin: origin.to_owned(), cookies: BTreeMap::new(), attempt_key: None }
    }

    /// Whether it holds a refresh token.
    #[must_use]
    pub fn has_session(&self) -> bool {
        self.cookies.keys().any(|name| name.starts_with(REFRESH_COOKIE))
    }

    /// The value of the `Cookie` header (RFC 6265 section 4.2); `None` without cookies.
    #[must_use]
    pub fn cookie_header(&self) -> Option<String> {
        let pairs = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        pairs.reduce(|pairs, pair| format!("{pairs}; {pair}"))
    }

    /// Takes over the cookies that an answer sets or clears. Whether a refresh token is among those that it sets.
    #[must_use]
    pub fn take_over(&mut self, headers: &HeaderMap) -> bool {
        let mut has_token = false;
        for line in headers.get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok()) {
            let mut parts = line.split(';').map(str::trim);
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
                continue;
            };
            if value.is_empty() || parts.any(|part| part.eq_ignore_ascii_case("max-age=0")) {
                self.cookies.remove(name);
                continue;
            }
            has_token |= name.starts_with(REFRESH_COOKIE);
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        has_token
    }

    /// Forgets the session, and what belongs to it.
    pub fn end_session(&mut self) {
        self.cookies.retain(|name, _| name == DEVICES_COOKIE);
        self.attempt_key = None;
    }
}
