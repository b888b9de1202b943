//! Whether this process is the only one that serves the database: only then may rows be in its memory alone. Two files
//! beside the database are locked for that, by the system's advisory locks, which end with their process.
//!
//! - The owner holds `-owner`. It is alone while it holds `-guests`, too, which it gives up for a while whenever
//!   another process has committed.
//! - A server that is not the owner is a guest: before it serves, it shares the lock of `-guests`.
//!
//! A command that is no server takes no lock: its commits are noticed ([`watch`](super::watch)).

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::pace::rest;
use crate::store::StoreError;

/// Only its owner may lock them.
const PRIVATE_FILE: u32 = 0o600;
/// For how long the owner leaves room after another process has committed.
const ASIDE: Duration = Duration::from_secs(1);
/// How often a guest retries, and for how long.
const RETRY: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(10);

/// The two locks.
pub(super) struct Alone {
    files: Option<(File, File)>,
    role: Mutex<Role>,
    is_alone: AtomicBool,
}

#[derive(Clone, Copy)]
enum Role {
    /// Not the owner.
    Guest,
    /// It serves no longer.
    Gone,
    /// The owner, which is not alone before this instant.
    Owner(Instant),
}

impl Alone {
    /// A process that is never alone, because it does not serve.
    pub(super) fn never() -> Self {
        Self { files: None, role: Mutex::new(Role::Guest), is_alone: AtomicBool::new(false) }
    }

    /// Takes the role that is free. A guest waits until the owner has made room, which `announce` asks it for: a
    /// commit.
    ///
    /// # Errors
    /// If the owner does not make room within ten seconds.
    pub(super) async fn enter(
        database: &Path,
        announce: impl AsyncFn() -> Result<(), StoreError>,
    ) -> Result<Self, StoreError> {
        let files = || Ok((lock_file(database, "-owner")?, lock_file(database, "-guests")?));
        let (owner, guests) = match files() {
            Ok(files) => files,
            Err(error) => {
                // Without locks it works as well, but slower.
                let error: io::Error = error;
                tracing::warn!(event = "store.no_lock_files", %error);
                return Ok(Self::never());
            }
        };
        let role = if is_locked(owner.try_lock())? {
            Role::Owner(Instant::now())
        } else {
            let since = Instant::now();
            while !is_locked(guests.try_lock_shared())? {
                if since.elapsed() > PATIENCE {
                    return Err(StoreError::Unusable {
                        remedy: "another server holds it in its memory and does not make room: end that one".to_owned(),
                        source: None,
                    });
                }
                announce().await?;
                rest(RETRY).await;
            }
            Role::Guest
        };
        let alone = Self {
            files: Some((owner, guests)),
            role: Mutex::new(role),
            is_alone: AtomicBool::new(false),
        };
        alone.take();
        Ok(alone)
    }

    pub(super) fn is(&self) -> bool {
        self.is_alone.load(Ordering::Acquire)
    }

    /// Becomes alone, if it can. What was in memory before must not count any more.
    pub(super) fn take(&self) {
        let Some((owner, guests)) = &self.files else { return };
        let mut role = self.role.lock();
        if let Role::Guest = *role
            && matches!(owner.try_lock(), Ok(()))
        {
            // The last owner has ended. From now on no other process can be alone, so no lock as a guest is needed.
            *role = Role::Owner(Instant::now() + ASIDE);
            let _ = guests.unlock();
        }
        if let Role::Owner(from) = *role
            && from <= Instant::now()
            && !self.is()
            && matches!(guests.try_lock(), Ok(()))
        {
            self.is_alone.store(true, Ordering::Release);
        }
    }

    /// Leaves the database to others for good.
    pub(super) fn leave(&self) {
        *self.role.lock() = Role::Gone;
        self.is_alone.store(false, Ordering::Release);
        if let Some((owner, guests)) = &self.files {
            let _ = (guests.unlock(), owner.unlock());
        }
    }

    /// Makes room for others: nothing may be in memory alone any more.
    pub(super) fn step_aside(&self) {
        let Some((_, guests)) = &self.files else { return };
        let mut role = self.role.lock();
        if let Role::Owner(from) = &mut *role {
            *from = Instant::now() + ASIDE;
            if self.is_alone.swap(false, Ordering::AcqRel) {
                let _ = guests.unlock();
            }
        }
    }
}

fn lock_file(database: &Path, end: &str) -> io::Result<File> {
    let mut path = database.as_os_str().to_owned();
    path.push(end);
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(PRIVATE_FILE)
        .open(path)
}

fn is_locked(tried: Result<(), TryLockError>) -> Result<bool, StoreError> {
    match tried {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(StoreError::Database(sqlx::Error::Io(error))),
    }
}
