//! PostgreSQL stands still, or crashes. The program says 503 while it waits for it, keeps every
//! cookie, and goes on when it is back, without being restarted.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use futures_util::future::join_all;

use crate::checker;
use crate::client::{Client, Tried};
use crate::cluster::Cluster;
use crate::database::Database;
use crate::load::Load;
use crate::pace::{SERVED_WITHIN, Stopwatch, TOLD_WITHIN, pause};
use crate::scenarios::road_to;
use crate::stage::Stage;

const CLIENTS: usize = 8;
/// How long it stands still.
const FROZEN: Duration = Duration::from_secs(10);

/// Every process of it is stopped for a while.
pub(crate) async fn frozen(stage: Arc<Stage>) -> Result<()> {
    let cluster = cluster(&stage)?;
    let instance = stage.start().await?;
    let at = instance.address();
    let mut clients = Client::several(&stage, at, CLIENTS).await?;
    for _ in 0..stage.rounds {
        cluster.freeze()?;
        let stopwatch = Stopwatch::start();
        let mut slowest = Duration::ZERO;
        while stopwatch.elapsed() < FROZEN {
            let asked = Stopwatch::start();
            for tried in join_all(clients.iter_mut().map(|client| client.try_refresh(at))).await {
                if tried? != Tried::Unavailable {
                    bail!("a refresh was not put off while the database stood still");
                }
            }
            slowest = slowest.max(asked.elapsed());
        }
        stage.hold_to(TOLD_WITHIN, slowest, "503 was answered after");
        cluster.thaw()?;
        let stopwatch = Stopwatch::start();
        for refreshed in join_all(clients.iter_mut().map(|client| client.refresh(|| at))).await {
            refreshed?;
        }
        let served = stopwatch.elapsed();
        stage.hold_to(SERVED_WITHIN, served, "after its return, serving took");
        stage.remark(format!(
            "503 after {slowest:.2?} at most; everybody was served {served:.2?} after its return"
        ));
    }
    checker::check(&stage, at, &mut clients).await
}

/// It crashes under load, and is started again a moment later.
pub(crate) async fn crashed(stage: Arc<Stage>) -> Result<()> {
    let cluster = cluster(&stage)?;
    let instance = Arc::new(stage.start().await?);
    let clients = Client::several(&stage, instance.address(), CLIENTS).await?;
    let mut load = Load::start(clients, |_| road_to(&instance));
    for _ in 0..stage.rounds {
        load.all_advance().await?;
        pause(Duration::from_millis(stage.chance.below(100))).await;
        cluster.crash()?;
        pause(Duration::from_millis(stage.chance.below(500))).await;
        cluster.run()?;
        let stopwatch = Stopwatch::start();
        load.all_advance().await?;
        let served = stopwatch.elapsed();
        stage.hold_to(SERVED_WITHIN, served, "after its start, serving took");
        stage.remark(format!("everybody was served {served:.2?} after its start"));
    }
    let mut clients = load.finish().await?;
    checker::check(&stage, instance.address(), &mut clients).await
}

fn cluster(stage: &Stage) -> Result<Arc<Cluster>> {
    match &stage.database {
        Database::Postgres { cluster, .. } => Ok(Arc::clone(cluster)),
        _ => None.context("this story needs PostgreSQL"),
    }
}
