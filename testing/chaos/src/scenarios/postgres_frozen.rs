//! PostgreSQL is frozen, or crashes. The program answers 503 within its timeout, revokes no session, and recovers
//! with the database, without a restart.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use futures_util::future::join_all;

use crate::checker;
use crate::client::{Client, RefreshOutcome};
use crate::cluster::Cluster;
use crate::database::Database;
use crate::load::Load;
use crate::route::route_to;
use crate::test_env::TestEnv;
use crate::timing::{SERVED_WITHIN, Stopwatch, UNAVAILABLE_WITHIN, pause};

const CLIENTS: usize = 8;
/// How many clients make bearer calls during the freeze, and the pause between two calls of one.
const CALLERS: usize = 40;
const BETWEEN: Duration = Duration::from_millis(100);
/// How long PostgreSQL is frozen.
const FROZEN: Duration = Duration::from_secs(10);

/// Freezes every process of PostgreSQL for a while.
pub(crate) async fn frozen(env: Arc<TestEnv>) -> Result<()> {
    let cluster = cluster(&env)?;
    let instance = env.start().await?;
    let at = instance.address();
    let mut clients = Client::several(&env, at, CLIENTS).await?;
    for _ in 0..env.rounds {
        cluster.freeze()?;
        let callers: Vec<Client> =
            (0..CALLERS).map(|number| clients[number % CLIENTS].copied()).collect();
        let calling = join_all(callers.iter().map(|caller| call(&env, caller, at)));
        let (slowest, called) = tokio::join!(refresh(&mut clients, at), calling);
        let slowest = slowest?;
        env.check_bound(UNAVAILABLE_WITHIN, slowest, "503 was answered after");
        let calls: usize = called.iter().map(|(calls, _)| calls).sum();
        let slowest_call = called.iter().map(|(_, took)| *took).max().unwrap_or_default();
        env.check_bound(UNAVAILABLE_WITHIN, slowest_call, "a protected call was answered after");
        cluster.thaw()?;
        let stopwatch = Stopwatch::start();
        for refreshed in join_all(clients.iter_mut().map(|client| client.refresh(|| at))).await {
            refreshed?;
        }
        let served = stopwatch.elapsed();
        env.check_bound(SERVED_WITHIN, served, "after its return, serving took");
        env.remark(format!(
            "503 after {slowest:.2?} at most, after {slowest_call:.2?} for {calls} protected calls; all clients were served {served:.2?} after its return"
        ));
    }
    checker::check(&env, at, &mut clients).await
}

/// All clients try to refresh during the freeze; the slowest answer.
async fn refresh(clients: &mut [Client], at: SocketAddr) -> Result<Duration> {
    let stopwatch = Stopwatch::start();
    let mut slowest = Duration::ZERO;
    while stopwatch.elapsed() < FROZEN {
        let asked = Stopwatch::start();
        for tried in join_all(clients.iter_mut().map(|client| client.try_refresh(at))).await {
            if tried? != RefreshOutcome::Unavailable {
                bail!("a refresh was no 503 while the database was frozen");
            }
        }
        slowest = slowest.max(asked.elapsed());
    }
    Ok(slowest)
}

/// One client's bearer calls during the freeze: how many, and the slowest.
async fn call(env: &TestEnv, caller: &Client, at: SocketAddr) -> (usize, Duration) {
    let stopwatch = Stopwatch::start();
    let (mut calls, mut slowest) = (0, Duration::ZERO);
    while stopwatch.elapsed() < FROZEN {
        let asked = Stopwatch::start();
        if let Some(status) = caller.events(at).await.filter(|status| *status != 503) {
            env.violation(format!("a protected call was answered {status}"));
        }
        (calls, slowest) = (calls + 1, slowest.max(asked.elapsed()));
        pause(BETWEEN).await;
    }
    (calls, slowest)
}

/// Crashes PostgreSQL under load, and restarts it a moment later.
pub(crate) async fn crashed(env: Arc<TestEnv>) -> Result<()> {
    let cluster = cluster(&env)?;
    let instance = Arc::new(env.start().await?);
    let clients = Client::several(&env, instance.address(), CLIENTS).await?;
    let mut load = Load::start(clients, |_| route_to(&instance));
    for _ in 0..env.rounds {
        load.wait_for_progress().await?;
        pause(Duration::from_millis(env.rng.below(100))).await;
        cluster.crash()?;
        pause(Duration::from_millis(env.rng.below(500))).await;
        cluster.run()?;
        let stopwatch = Stopwatch::start();
        load.wait_for_progress().await?;
        let served = stopwatch.elapsed();
        env.check_bound(SERVED_WITHIN, served, "after its start, serving took");
        env.remark(format!("all clients were served {served:.2?} after its start"));
    }
    let mut clients = load.finish().await?;
    checker::check(&env, instance.address(), &mut clients).await
}

fn cluster(env: &TestEnv) -> Result<Arc<Cluster>> {
    match &env.database {
        Database::Postgres { cluster, .. } => Ok(Arc::clone(cluster)),
        _ => None.context("this scenario needs PostgreSQL"),
    }
}
