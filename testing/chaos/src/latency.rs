//! Latency of refreshes beside a load or a fault.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Result;

use crate::client::Client;
use crate::load::Load;
use crate::test_env::TestEnv;
use crate::timing::{Stopwatch, pause};

/// From a client's answer to its next refresh: the figure is the server's latency, not a queue of the suite's own.
const BETWEEN: Duration = Duration::from_millis(50);

/// Clients that refresh at intervals.
pub(crate) struct Refreshes {
    load: Load,
    took: Arc<Mutex<Vec<Duration>>>,
}

impl Refreshes {
    /// Starts every client.
    pub(crate) fn start(clients: Vec<Client>, at: SocketAddr) -> Self {
        let took = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&took);
        let load = Load::of(clients, move |_, _, mut client: Client| {
            let seen = Arc::clone(&seen);
            async move {
                let stopwatch = Stopwatch::start();
                // Retries included: a refresh that got 503 has taken so much longer.
                client.refresh(|| at).await?;
                seen.lock().expect("pushing does not panic").push(stopwatch.elapsed());
                pause(BETWEEN).await;
                Ok(client)
            }
        });
        Self { load, took }
    }

    /// The latencies since the last call.
    pub(crate) fn taken(&self) -> Vec<Duration> {
        std::mem::take(&mut *self.took.lock().expect("pushing does not panic"))
    }

    /// Passes if every client is still running.
    ///
    /// # Errors
    /// The error of the first client that is not.
    pub(crate) async fn ensure_running(&mut self) -> Result<()> {
        self.load.ensure_running().await
    }

    /// Stops the clients and returns them.
    ///
    /// # Errors
    /// The error of the first client that was signed out or not answered.
    pub(crate) async fn finish(self) -> Result<Vec<Client>> {
        self.load.finish().await
    }
}

/// Reports the percentiles; the 99th.
pub(crate) fn remark(env: &TestEnv, what: &str, took: Vec<Duration>) -> Option<Duration> {
    let count = took.len();
    let [half, most, last] = percentiles(took)?;
    env.remark(format!(
        "{what}: {count} refreshes, p50 {half:.1?}, p99 {most:.1?}, at most {last:.1?}"
    ));
    Some(most)
}

/// The same, and checks the promised bound of the 99th percentile in a full run.
pub(crate) fn check_bound(env: &TestEnv, bound: Duration, what: &str, took: Vec<Duration>) {
    match remark(env, what, took) {
        Some(most) if env.measures => env.check_bound(bound, most, &format!("{what}: p99")),
        Some(_) => {}
        None => env.violation(format!("{what}: nothing was refreshed")),
    }
}

/// The 50th and the 99th, and the slowest.
fn percentiles(mut took: Vec<Duration>) -> Option<[Duration; 3]> {
    took.sort_unstable();
    let at = |percent: usize| took.get(took.len().saturating_sub(1) * percent / 100).copied();
    Some([at(50)?, at(99)?, at(100)?])
}
