//! Disk full: no write succeeds, so a refresh is 503 once its session has one in memory, and its cookie stays valid, while bearer calls, which only read,
//! are served. Once there is room, every client refreshes again.
//!
//! The disk is a small tmpfs in a mount namespace of the program's own: the machine does not see it, and it is gone
//! with the process.

use std::ffi::OsString;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::checker;
use crate::client::{Client, RefreshOutcome};
use crate::database::Database;
use crate::instance::Instance;
use crate::test_env::TestEnv;
use crate::timing::{SERVED_WITHIN, Stopwatch, pause};

const CLIENTS: usize = 4;
/// For a second, rotations are accepted that cannot be written.
const IN_MEMORY: Duration = Duration::from_secs(2);
/// Mounts the small disk, then execs the program.
const MOUNT: &str = "mount -t tmpfs -o size=8m tmpfs \"$0\" && exec \"$@\"";

/// No client is signed out by a full disk.
pub(crate) async fn run(env: Arc<TestEnv>) -> Result<()> {
    let disk = env.folder().join("disk");
    std::fs::create_dir(&disk)?;
    let database = format!("sqlite:{}", disk.join("baton.db").display());
    let mut launch = env.launch_on(&database);
    let mut wrapper: Vec<OsString> =
        ["unshare", "--map-root-user", "--mount", "sh", "-c", MOUNT].map(Into::into).into();
    wrapper.push(disk.clone().into());
    launch.wrapper = wrapper;
    let instance = Instance::start(launch)
        .await
        .context("a small disk needs user namespaces, or root (`unshare --map-root-user`)")?;
    let at = instance.address();
    let seen = seen_from_here(&instance, &disk)?;
    let mut clients = Client::several(&env, at, CLIENTS).await?;
    for _ in 0..env.rounds {
        let filler = seen.join("filler");
        fill(&filler)?;
        for client in &mut clients {
            let stopwatch = Stopwatch::start();
            while client.try_refresh(at).await? != RefreshOutcome::Unavailable {
                if stopwatch.elapsed() > IN_MEMORY {
                    bail!("a refresh was no 503 although nothing can be written");
                }
                pause(IN_MEMORY / 40).await;
            }
            if client.me(at).await != Some(200) {
                bail!("a read fails while the disk is full");
            }
        }
        std::fs::remove_file(&filler)?;
        let stopwatch = Stopwatch::start();
        for client in &mut clients {
            client.refresh(|| at).await?;
        }
        env.remark(format!(
            "all clients were served {:.2} s after there was room",
            stopwatch.seconds()
        ));
        env.check_bound(SERVED_WITHIN, stopwatch.elapsed(), "after there was room, serving took");
    }
    let (seen, copy) = (seen.join("baton.db"), env.folder().join("copy.db"));
    let database = Database::SqliteElsewhere { seen, copy };
    checker::check_in(&database, &env, at, &mut clients).await
}

/// The database's folder in the program's mount namespace, through `/proc`.
fn seen_from_here(instance: &Instance, disk: &Path) -> Result<PathBuf> {
    let id = instance.id().context("it runs")?;
    let disk = disk.strip_prefix("/").context("the folder is absolute")?;
    let seen = Path::new("/proc").join(id.to_string()).join("root").join(disk);
    if !seen.join("baton.db").is_file() {
        bail!("{} holds no database", seen.display());
    }
    Ok(seen)
}

/// Writes until the disk is full.
fn fill(filler: &Path) -> Result<()> {
    let mut file = File::create(filler)?;
    for size in [4096, 1] {
        let block = vec![b'.'; size];
        while file.write_all(&block).is_ok() {}
    }
    Ok(())
}
