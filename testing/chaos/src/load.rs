//! Load beside a fault: every client refreshes in a loop, as fast as it is answered, and makes a bearer call at every
//! fourth turn.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::task::JoinHandle;

use crate::client::Client;
use crate::route::Route;
use crate::timing::{STEP_TIMEOUT, Stopwatch, pause};

/// Between two checks that all clients are running.
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// Running clients.
pub(crate) struct Load {
    tasks: Vec<JoinHandle<Result<Client>>>,
    progress: Arc<[AtomicU64]>,
    stop: Arc<AtomicBool>,
}

impl Load {
    /// Starts every client, each on the route that `route` gives it.
    pub(crate) fn start(clients: Vec<Client>, route: impl Fn(usize) -> Route) -> Self {
        let routes: Vec<Route> = (0..clients.len()).map(route).collect();
        Self::of(clients, move |number, turn, client| {
            work(client, Arc::clone(&routes[number]), turn)
        })
    }

    /// Starts every client: each repeats `step`, which gets its number and its turn. Progress counts finished steps,
    /// so the answer that matters comes last in a step.
    pub(crate) fn of<S, F>(clients: Vec<Client>, step: S) -> Self
    where
        S: Fn(usize, u64, Client) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Client>> + Send + 'static,
    {
        let progress: Arc<[AtomicU64]> = clients.iter().map(|_| AtomicU64::new(0)).collect();
        let (stop, step) = (Arc::new(AtomicBool::new(false)), Arc::new(step));
        let work = |(number, mut client): (usize, Client)| {
            let (progress, stop, step) =
                (Arc::clone(&progress), Arc::clone(&stop), Arc::clone(&step));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let turn = progress[number].load(Ordering::Relaxed);
                    client = step(number, turn, client).await?;
                    progress[number].store(turn + 1, Ordering::Relaxed);
                }
                Ok(client)
            })
        };
        let tasks = clients.into_iter().enumerate().map(work).collect();
        Self { tasks, progress, stop }
    }

    /// How many steps all clients have finished.
    pub(crate) fn steps(&self) -> u64 {
        self.progress.iter().map(|turn| turn.load(Ordering::Relaxed)).sum()
    }

    /// Runs for this long, and until each client has been answered once more.
    ///
    /// # Errors
    /// Those of [`Load::wait_for_progress`].
    pub(crate) async fn run_for(&mut self, duration: Duration) -> Result<()> {
        let stopwatch = Stopwatch::start();
        while stopwatch.elapsed() < duration {
            self.ensure_running().await?;
            pause(BETWEEN_LOOKS).await;
        }
        self.wait_for_progress().await
    }

    /// Passes if every client is still running.
    ///
    /// # Errors
    /// The error of the first client that is not.
    pub(crate) async fn ensure_running(&mut self) -> Result<()> {
        if let Some(gone) = self.tasks.iter().position(JoinHandle::is_finished) {
            self.tasks.swap_remove(gone).await.context("a client panicked")??;
            bail!("a client has stopped early");
        }
        Ok(())
    }

    /// Waits until every client has been answered once more.
    ///
    /// # Errors
    /// If a client has failed, or has no answer within [`STEP_TIMEOUT`].
    pub(crate) async fn wait_for_progress(&mut self) -> Result<()> {
        let count = |at: &AtomicU64| at.load(Ordering::Relaxed);
        let before: Vec<u64> = self.progress.iter().map(count).collect();
        let stopwatch = Stopwatch::start();
        while stopwatch.elapsed() < STEP_TIMEOUT {
            if self.progress.iter().zip(&before).all(|(now, before)| count(now) > *before) {
                return Ok(());
            }
            self.ensure_running().await?;
            pause(BETWEEN_LOOKS).await;
        }
        bail!("a client had no answer for {STEP_TIMEOUT:?}")
    }

    /// Stops the clients after their current step and returns them.
    ///
    /// # Errors
    /// The error of the first client that was signed out or not answered.
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

async fn work(mut client: Client, route: Route, turn: u64) -> Result<Client> {
    if turn.is_multiple_of(4) {
        let status = client.me(route()).await;
        if !matches!(status, None | Some(200 | 503)) {
            bail!("{}: the last access token was answered {status:?}", client.email);
        }
    }
    client.refresh(&*route).await?;
    Ok(client)
}
