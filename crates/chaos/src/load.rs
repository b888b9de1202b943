//! Traffic while something breaks: every client refreshes again and again, as fast as it is
//! answered, and asks who it is in between. It must not know what is broken.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::task::JoinHandle;

use crate::client::Client;
use crate::pace::{PATIENCE, Stopwatch, pause};

/// Where a client finds the service at this moment.
pub(crate) type Road = Arc<dyn Fn() -> SocketAddr + Send + Sync>;

/// Clients at work.
pub(crate) struct Load {
    tasks: Vec<JoinHandle<Result<Client>>>,
    progress: Arc<[AtomicU64]>,
    stop: Arc<AtomicBool>,
}

impl Load {
    /// Sets every client to work, each on the road that `road` gives it.
    pub(crate) fn start(clients: Vec<Client>, road: impl Fn(usize) -> Road) -> Self {
        let progress: Arc<[AtomicU64]> = clients.iter().map(|_| AtomicU64::new(0)).collect();
        let stop = Arc::new(AtomicBool::new(false));
        let work = |(number, client)| {
            let place = (Arc::clone(&progress), number);
            tokio::spawn(work(client, road(number), place, Arc::clone(&stop)))
        };
        let tasks = clients.into_iter().enumerate().map(work).collect();
        Self { tasks, progress, stop }
    }

    /// Waits until every client has been answered once more.
    ///
    /// # Errors
    /// If one of them has given up, or has no answer within [`PATIENCE`].
    pub(crate) async fn all_advance(&mut self) -> Result<()> {
        let count = |at: &AtomicU64| at.load(Ordering::Relaxed);
        let before: Vec<u64> = self.progress.iter().map(count).collect();
        let stopwatch = Stopwatch::start();
        while stopwatch.elapsed() < PATIENCE {
            if self.progress.iter().zip(&before).all(|(now, before)| count(now) > *before) {
                return Ok(());
            }
            if let Some(gone) = self.tasks.iter().position(JoinHandle::is_finished) {
                self.tasks.swap_remove(gone).await.context("a client panicked")??;
                bail!("a client has stopped early");
            }
            pause(Duration::from_millis(5)).await;
        }
        bail!("a client had no answer for {PATIENCE:?}")
    }

    /// Lets everybody finish what they are at, and gives the clients back.
    ///
    /// # Errors
    /// The first client's that was signed out or not answered.
    pub(crate) async fn finish(mut self) -> Result<Vec<Client>> {
        self.stop.store(true, Ordering::Relaxed);
        let mut clients = Vec::with_capacity(self.tasks.len());
        for task in std::mem::take(&mut self.tasks) {
            clients.push(task.await.context("a client panicked")??);
        }
        Ok(clients)
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn work(
    mut client: Client,
    road: Road,
    (progress, number): (Arc<[AtomicU64]>, usize),
    stop: Arc<AtomicBool>,
) -> Result<Client> {
    while !stop.load(Ordering::Relaxed) {
        client.refresh(&*road).await?;
        if progress[number].fetch_add(1, Ordering::Relaxed) % 4 == 0 {
            let status = client.me(road()).await;
            if !matches!(status, None | Some(200 | 503)) {
                bail!("{}: a fresh access token was answered {status:?}", client.email);
            }
        }
    }
    Ok(client)
}
