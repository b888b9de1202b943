//! A deployment: two instances behind a proxy are told to stop and started again, in turn, while 50
//! clients are at work. Calls may fail; each heals when it is tried again with the same key. The instances have
//! different settings, as in a deployment that changes one, and no promise is taken back by the smaller values: a
//! token that one of them issued for longer stays refused after a logout at the other, as long as it lives.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Result, bail};

use crate::client::Client;
use crate::fault_proxy::{Fault, FaultProxy};
use crate::instance::Instance;
use crate::load::{Load, Route};
use crate::test_env::TestEnv;
use crate::timing::{STEP_TIMEOUT, Stopwatch, pause};
use crate::{checker, lag};

const CLIENTS: usize = 50;
/// How the two are started.
const SHORT: &[&str] = &["--access-token-seconds", "2", "--jwks-cache-seconds", "10"];
const LONG: &[&str] = &["--access-token-seconds", "75", "--jwks-cache-seconds", "300"];
/// How long a token of the second is accepted at most: its life, and ten seconds for the clocks.
const LONG_LIFE: Duration = Duration::from_secs(75 + 10);
/// After how long an instance that goes by the first one's setting has forgotten a logout: a token's life, a minute
/// for the clocks, and ten seconds until it looks.
const FORGOTTEN: Duration = Duration::from_secs(2 + 60 + 10);
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// No client is signed out by a deployment, and none that has logged out gets in again.
pub(crate) async fn run(env: Arc<TestEnv>) -> Result<()> {
    let start = |flags| Instance::start(env.launch().with(flags));
    let instances = Arc::new([start(SHORT).await?, start(LONG).await?]);
    // Their first tokens live until all are there.
    let clients = Client::several(&env, instances[1].address(), CLIENTS).await?;
    let proxy = {
        let (instances, turn) = (Arc::clone(&instances), AtomicUsize::new(0));
        // It does not look whether anybody is there: the worst balancer there is.
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
        bail!("nobody noticed the restarts: the scenario was not exercised");
    }
    env.remark(format!("{failed} refreshes failed for a moment; all healed"));
    // Once, however many rounds there are: it takes as long as a token lives.
    if env.measures {
        clients.extend(a_logout_is_remembered(&env, &instances).await?);
    }
    checker::check(&env, instances[1].address(), &mut clients).await
}

async fn restart(instance: &Instance) -> Result<()> {
    instance.stop().await?;
    instance.restart().await
}

/// A logout at the instance with the short life, of a session whose token is of the other. A second session's token,
/// of the same age, says how long it lives.
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

/// Whether this client's access token is accepted there.
async fn opens(client: &Client, at: SocketAddr) -> Result<bool> {
    match client.events(at).await {
        Some(200) => Ok(true),
        Some(401) => Ok(false),
        other => bail!("{}: a call was answered {other:?}", client.email),
    }
}
