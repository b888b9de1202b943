//! A lost database answer: the connection to PostgreSQL is cut after the statement, or the COMMIT, was sent and
//! carried out. The program cannot know the outcome; it answers 503, and a retry with the same idempotency key gets
//! what was committed.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Result, bail};
use futures_util::future::try_join_all;

use crate::checker;
use crate::client::Client;
use crate::cluster::Cluster;
use crate::database::Database;
use crate::fault_proxy::{Fault, FaultProxy, Trigger};
use crate::instance::Instance;
use crate::test_env::TestEnv;

const CLIENTS: usize = 4;
/// The latest message to the database after which the connection is cut, while several refreshes run.
const LATEST: u64 = 12;
/// Messages of a refresh that name its session: a read, then a write.
const MESSAGES: u64 = 2;
/// More messages than any scenario has: only a COMMIT fires the trigger.
const NEVER: u64 = u64::MAX;

/// A cut connection signs no client out.
pub(crate) async fn run(env: Arc<TestEnv>) -> Result<()> {
    let Database::Postgres { cluster, name } = &env.database else {
        bail!("this scenario needs PostgreSQL");
    };
    let (trigger, upstream) = (Arc::new(Trigger::default()), cluster.address());
    let cut = Fault::CutAfterMessage(Arc::clone(&trigger));
    let proxy = FaultProxy::start(Arc::new(move || upstream), cut).await?;
    let launch = env.launch_on(&Cluster::url_by(proxy.address(), name));
    let instance = Instance::start(launch).await?;
    let at = instance.address();
    let mut clients = Client::several(&env, at, CLIENTS).await?;
    let mut cuts = 0;
    for round in 0..env.rounds {
        trigger.arm(1 + round % MESSAGES, &clients[0].session());
        clients[0].refresh(|| at).await?;
        cuts += u64::from(trigger.has_fired());
        trigger.arm(1 + env.rng.below(LATEST), b"");
        try_join_all(clients.iter_mut().map(|client| client.refresh(|| at))).await?;
        cuts += u64::from(trigger.has_fired());
    }
    env.remark(format!("{cuts} connections were cut"));
    let again = env.log_lines(r#"event="answered_again""#)?.len();
    if env.rounds >= MESSAGES && again == 0 {
        bail!("no write was cut from its answer: the scenario was not exercised");
    }
    for round in 0..env.rounds {
        let newcomer = Client::unregistered(&env, &format!("newcomer-{round}"));
        clients.push(commit_cut(newcomer, at, &trigger).await?);
    }
    checker::check(&env, at, &mut clients).await
}

/// Registers; the COMMIT is carried out and its answer lost. The user exists, and can log in.
async fn commit_cut(mut newcomer: Client, at: SocketAddr, trigger: &Trigger) -> Result<Client> {
    trigger.arm(NEVER, b"");
    let status = newcomer.try_register(at).await;
    if !trigger.has_fired() {
        bail!("registering was answered {status:?} without a COMMIT");
    }
    if status != Some(503) {
        bail!("a COMMIT whose answer was lost was answered {status:?}");
    }
    newcomer.login(at).await?;
    Ok(newcomer)
}
