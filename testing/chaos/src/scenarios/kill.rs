//! `kill -9`: under load at any moment, and in the middle of an answer. The program restarts on the same database;
//! the clients retry with their idempotency keys.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use futures_util::future::try_join_all;

use crate::checker;
use crate::client::{Client, RefreshOutcome};
use crate::fault_proxy::{Fault, FaultProxy};
use crate::load::Load;
use crate::route::route_to;
use crate::test_env::TestEnv;
use crate::timing::{Stopwatch, pause};

const CLIENTS: usize = 8;
/// The latest kill after all clients were served.
const LATEST_KILL_MS: u64 = 150;

/// Kills while all clients refresh.
pub(crate) async fn under_load(env: Arc<TestEnv>) -> Result<()> {
    let instance = Arc::new(env.start().await?);
    let clients = Client::several(&env, instance.address(), CLIENTS).await?;
    let stopwatch = Stopwatch::start();
    let mut load = Load::start(clients, |_| route_to(&instance));
    for _ in 0..env.rounds {
        pause(Duration::from_millis(env.rng.below(LATEST_KILL_MS))).await;
        instance.kill();
        instance.restart().await?;
        load.wait_for_progress().await?;
    }
    remark_rate(&env, stopwatch);
    let mut clients = load.finish().await?;
    checker::check(&env, instance.address(), &mut clients).await
}

/// Kills when the first answer has begun to leave; the other refreshes are in any state at that moment.
pub(crate) async fn in_mid_answer(env: Arc<TestEnv>) -> Result<()> {
    let instance = Arc::new(env.start().await?);
    let mut clients = Client::several(&env, instance.address(), CLIENTS).await?;
    let kill = Fault::Kill(Arc::clone(&instance), Arc::new(env.rng.split()));
    let proxy = FaultProxy::start(route_to(&instance), kill).await?;
    let stopwatch = Stopwatch::start();
    for _ in 0..env.rounds {
        // All at once; the first answer kills the server, so most get none at all.
        let tried = try_join_all(clients.iter_mut().map(async |client| {
            let tried = client.try_refresh(proxy.address()).await?;
            anyhow::Ok(tried)
        }))
        .await?;
        if tried.iter().any(|tried| *tried != RefreshOutcome::Transient) {
            bail!("every answer was cut, but the clients have {tried:?}");
        }
        instance.kill();
        instance.restart().await?;
        try_join_all(clients.iter_mut().map(|client| client.refresh(|| instance.address())))
            .await?;
    }
    remark_rate(&env, stopwatch);
    checker::check(&env, instance.address(), &mut clients).await
}

#[expect(clippy::cast_precision_loss, reason = "a rate is shown, not counted with")]
fn remark_rate(env: &TestEnv, stopwatch: Stopwatch) {
    let per_minute = env.rounds as f64 * 60.0 / stopwatch.seconds();
    env.remark(format!("{per_minute:.0} kill -9 cycles per minute"));
}
