//! Users of the service at work: each asks for their notes again and again, through the edge. What is not
//! answered with 200 is a failure.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::task::JoinHandle;

use crate::client::Client;
use crate::pace::{PATIENCE, Stopwatch, pause};

/// How long lies between two calls of one caller.
const BETWEEN_CALLS: Duration = Duration::from_millis(100);

/// Which token a caller shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Habit {
    /// The one it has, to its last day.
    Keeps,
    /// One that it has just been given.
    Renews,
    /// As the page does: the one it has, and another one if that is refused; once.
    Relays,
}

/// Callers at work.
pub(crate) struct Callers {
    tasks: Vec<JoinHandle<Result<Client>>>,
    served: Arc<[AtomicU64]>,
    stop: Arc<AtomicBool>,
}

impl Callers {
    /// Sets them to work, one half with each habit.
    pub(crate) fn start(clients: Vec<Client>, at: SocketAddr, habits: [Habit; 2]) -> Self {
        let served: Arc<[AtomicU64]> = clients.iter().map(|_| AtomicU64::new(0)).collect();
        let stop = Arc::new(AtomicBool::new(false));
        let work = |(number, client): (usize, Client)| {
            let (served, stop) = (Arc::clone(&served), Arc::clone(&stop));
            tokio::spawn(async move {
                let mut client = client;
                while !stop.load(Ordering::Relaxed) {
                    call(&mut client, at, habits[number % 2]).await?;
                    served[number].fetch_add(1, Ordering::Relaxed);
                    pause(BETWEEN_CALLS).await;
                }
                Ok(client)
            })
        };
        let tasks = clients.into_iter().enumerate().map(work).collect();
        Self { tasks, served, stop }
    }

    /// How many calls were answered with 200.
    pub(crate) fn served(&self) -> u64 {
        self.served.iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }

    /// Lets them work for this long, or until one fails.
    pub(crate) async fn go_on_for(&mut self, duration: Duration) -> Result<()> {
        let stopwatch = Stopwatch::start();
        while stopwatch.elapsed() < duration {
            self.nobody_failed().await?;
            pause(BETWEEN_CALLS).await;
        }
        self.all_are_served().await
    }

    /// Waits until each was served once more.
    pub(crate) async fn all_are_served(&mut self) -> Result<()> {
        let count = |at: &AtomicU64| at.load(Ordering::Relaxed);
        let before: Vec<u64> = self.served.iter().map(count).collect();
        let stopwatch = Stopwatch::start();
        while stopwatch.elapsed() < PATIENCE {
            self.nobody_failed().await?;
            if self.served.iter().zip(&before).all(|(now, before)| count(now) > *before) {
                return Ok(());
            }
            pause(BETWEEN_CALLS).await;
        }
        bail!("a caller was not served for {PATIENCE:?}")
    }

    /// The first failure, if there was one.
    pub(crate) async fn nobody_failed(&mut self) -> Result<()> {
        if let Some(gone) = self.tasks.iter().position(JoinHandle::is_finished) {
            self.tasks.swap_remove(gone).await.context("a caller panicked")??;
            bail!("a caller has stopped early");
        }
        Ok(())
    }

    /// Lets everybody finish their call, and gives them back.
    pub(crate) async fn finish(mut self) -> Result<Vec<Client>> {
        self.stop.store(true, Ordering::Relaxed);
        let mut clients = Vec::with_capacity(self.tasks.len());
        for task in std::mem::take(&mut self.tasks) {
            clients.push(task.await.context("a caller panicked")??);
        }
        Ok(clients)
    }
}

impl Drop for Callers {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn call(client: &mut Client, at: SocketAddr, habit: Habit) -> Result<()> {
    if habit == Habit::Renews {
        client.refresh(|| at).await?;
    }
    let mut status = ask(client, at).await?;
    if status == 401 && habit == Habit::Relays {
        client.refresh(|| at).await?;
        status = ask(client, at).await?;
    }
    if status != 200 {
        bail!("{}, who {habit:?}, was answered {status}", client.email);
    }
    Ok(())
}

async fn ask(client: &Client, at: SocketAddr) -> Result<u16> {
    match client.notes(at).await {
        Ok(answer) => Ok(answer.status),
        Err(lost) => bail!("{}: {}", client.email, lost.why),
    }
}
