//! A rolling restart: two instances behind a proxy are stopped (SIGTERM) and restarted in turn, beside 50 clients.
//! Calls may fail; a retry with the same idempotency key succeeds. The instances have different lifetimes, as when a
//! deployment changes one: a token that the one issued for longer stays revoked after a logout at the other, until it
//! expires.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Result, bail};

use crate::client::Client;
use crate::fault_proxy::{Fault, FaultProxy};
use crate::instance::Instance;
use crate::load::Load;
use crate::route::Route;
use crate::test_env::TestEnv;
use crate::timing::{STEP_TIMEOUT, Stopwatch, pause};
use crate::{checker, lag};

const CLIENTS: usize = 50;
/// The lifetimes of the two.
const SHORT: &[&str] = &["--access-token-seconds", "2", "--jwks-cache-seconds", "10"];
const LONG: &[&str] = &["--access-token-seconds", "75", "--jwks-cache-seconds", "300"];
/// How long a token of the second is accepted at most: its lifetime, and ten seconds of clock skew.
const LONG_LIFE: Duration = Duration::from_secs(75 + 10);
/// When an instance with only the first setting would evict a logout from its revocation cache: a token's lifetime, a
/// minute of clock skew, and ten seconds until it looks.
const FORGOTTEN: Duration = Duration::from_secs(2 + 60 + 10);
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// The restarts sign no client out, and no revoked session in.
pub(crate) async fn run(env: Arc<TestEnv>) -> Result<()> {
    let start = |flags| Instance::start(env.launch().with(flags));
    let instances = Arc::new([start(SHORT).await?, start(LONG).await?]);
    // With the longer lifetime, so that the first tokens live until all clients are there.
    let clients = Client::several(&env, instances[1].address(), CLIENTS).await?;
    let proxy = {
        let (instances, turn) = (Arc::clone(&instances), AtomicUsize::new(0));
        // No health check: the worst load balancer there is.
        let route = move || instances[turn.fetch_add(1, Ordering::Relaxed) % 2].address();
        FaultProxy::start(Arc::new(route), Fault::None).await?
    };
    let address = proxy.address();
    let before = env.counters.transient.load(Ordering::Relaxed);
    let mut load = Load::start(clients, |_| -> Route { Arc::new(move || address) });
    for _ in 0..env.rounds {
        for instance in instances.iter() {
            load.wait_for_progress().await?;
            restart(instance).await?;
        }
    }
    load.wait_for_progress().await?;
    let mut clients = load.finish().await?;
    let failed = env.counters.transient.load(Ordering::Relaxed) - before;
    if failed == 0 {
        bail!("no client noticed the restarts: the scenario was not exercised");
    }
    env.remark(format!("{failed} refreshes failed for a moment; all healed"));
    // Once, in any number of rounds: it takes a token's lifetime.
    if env.measures {
        clients.extend(a_logout_is_remembered(&env, &instances).await?);
    }
    checker::check(&env, instances[1].address(), &mut clients).await
}

async fn restart(instance: &Instance) -> Result<()> {
    instance.stop().await?;
    instance.restart().await
}

/// Logs out at the instance with the short lifetime; the session's token is the other's. A second token of the same
/// age shows when it expires.
async fn a_logout_is_remembered(
    env: &Arc<TestEnv>,
    instances: &[Instance; 2],
) -> Result<[Client; 2]> {
    let [short, long] = instances;
    let mut left = Client::register(env, long.address(), "left").await?;
    let stays = Client::register(env, long.address(), "stays").await?;
    for instance in instances {
        if !opens(&left, instance.address()).await? {
            bail!("a token of one instance is refused by the other");
        }
    }
    if left.logout(short.address()).await != Some(204) {
        bail!("no logout");
    }
    let (stopwatch, mut restarted) = (Stopwatch::start(), false);
    lag::until_refused(|| opens(&left, long.address())).await?;
    while opens(&stays, short.address()).await? {
        for instance in instances {
            if opens(&left, instance.address()).await? {
                let after = stopwatch.elapsed();
                bail!("{after:.0?} after its logout a session's token is accepted again");
            }
        }
        if !restarted && stopwatch.elapsed() > FORGOTTEN {
            for instance in instances {
                restart(instance).await?;
            }
            restarted = true;
        }
        if stopwatch.elapsed() > LONG_LIFE + STEP_TIMEOUT {
            bail!("a token is accepted {STEP_TIMEOUT:?} after its life");
        }
        pause(BETWEEN_LOOKS).await;
    }
    if !restarted {
        bail!("a token of the long life is refused too early: the scenario was not exercised");
    }
    let lived = stopwatch.elapsed();
    env.remark(format!("after a logout elsewhere a token was refused for {lived:.0?}, its life"));
    Ok([left, stays])
}

/// Whether the instance accepts this client's access token.
async fn opens(client: &Client, at: SocketAddr) -> Result<bool> {
    match client.events(at).await {
        Some(200) => Ok(true),
        Some(401) => Ok(false),
        other => bail!("{}: a call was answered {other:?}", client.email),
    }
}
