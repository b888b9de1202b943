//! Crashes at failpoints: before a write is committed, or between the commit and the answer. The binary is a build of
//! the same code with the feature `failpoints`, in which `BATON_FAILPOINT` names the moment; the binary that ships
//! has no failpoints.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};

use crate::checker;
use crate::client::{Client, RefreshOutcome};
use crate::instance::Instance;
use crate::load::Load;
use crate::route::route_to;
use crate::test_env::TestEnv;

const CLIENTS: usize = 6;
/// The latest write that is hit, counted from the start.
const LATEST: u64 = 20;
const VARIABLE: &str = "BATON_FAILPOINT";

/// Crashes at each failpoint in turn: rotations and logouts, before and after the commit.
pub(crate) async fn run(env: Arc<TestEnv>) -> Result<()> {
    only_the_special_build_has_failpoints(&env)?;
    let mut launch = env.launch();
    launch.binary.clone_from(&env.programs.failpoints);
    let instance = Arc::new(Instance::start(launch).await?);
    let mut clients = Client::several(&env, instance.address(), CLIENTS).await?;
    let mut leaver = Client::register(&env, instance.address(), "leaver").await?;
    let mut gone = Vec::new();
    for round in 0..env.rounds {
        match round % 4 {
            0 => clients = struck(&env, &instance, "accept:before", clients).await?,
            1 => clients = struck(&env, &instance, "accept:after", clients).await?,
            moment => {
                leaver.login(instance.address()).await?;
                let committed = moment == 3;
                leaver = logout_struck(&instance, committed, leaver).await?;
                gone.push(leaver.copied());
            }
        }
    }
    clients.append(&mut gone);
    checker::check(&env, instance.address(), &mut clients).await
}

/// All clients refresh until the process has ended itself, and retry after its restart.
async fn struck(
    env: &TestEnv,
    instance: &Arc<Instance>,
    moment: &str,
    clients: Vec<Client>,
) -> Result<Vec<Client>> {
    arm(instance, &format!("{moment}:{}", 1 + env.rng.below(LATEST))).await?;
    let mut load = Load::start(clients, |_| route_to(instance));
    instance.ended().await.with_context(|| format!("at {moment}"))?;
    disarm(instance).await?;
    load.wait_for_progress().await?;
    load.finish().await
}

/// Logs out; the process ends before or after the revocation is committed. Without an answer the outcome is unknown,
/// so the logout is retried.
async fn logout_struck(
    instance: &Arc<Instance>,
    committed: bool,
    mut client: Client,
) -> Result<Client> {
    arm(instance, if committed { "revoke:after:1" } else { "revoke:before:1" }).await?;
    if let Some(status) = client.logout(instance.address()).await {
        bail!("logout was answered {status} by a process that should have exited");
    }
    instance.ended().await?;
    disarm(instance).await?;
    let tried = client.try_refresh(instance.address()).await?;
    let expected = if committed { RefreshOutcome::SignedOut } else { RefreshOutcome::Refreshed };
    if tried != expected {
        bail!("after a revocation that was committed ({committed}), a refresh was {tried:?}");
    }
    if client.logout(instance.address()).await != Some(204) {
        bail!("logging out again does not work");
    }
    Ok(client)
}

async fn arm(instance: &Instance, failpoint: &str) -> Result<()> {
    let variable = (VARIABLE.to_owned(), failpoint.to_owned());
    instance.stop().await?;
    instance.relaunch(|launch| launch.environment = vec![variable]);
    instance.restart().await
}

async fn disarm(instance: &Instance) -> Result<()> {
    instance.relaunch(|launch| launch.environment.clear());
    instance.restart().await
}

/// The variable's name is in the build with failpoints and not in the one that ships.
fn only_the_special_build_has_failpoints(env: &TestEnv) -> Result<()> {
    if knows_failpoints(&env.programs.binary)? {
        env.violation("the program as it ships has failpoints");
    }
    if !knows_failpoints(&env.programs.failpoints)? {
        bail!("{} was built without failpoints", env.programs.failpoints.display());
    }
    Ok(())
}

fn knows_failpoints(program: &Path) -> Result<bool> {
    let bytes = std::fs::read(program).with_context(|| {
        format!("{} is not there: `cargo xtask chaos` builds it", program.display())
    })?;
    Ok(bytes.windows(VARIABLE.len()).any(|window| window == VARIABLE.as_bytes()))
}
