//! Bulk revocation by an operator: `baton sessions revoke --all`, with 20,000 sessions for each round. The command is
//! killed half way and run again. Each revocation and its event are committed together or not at all; the other
//! instance learns of it; users who log in during the run keep their new sessions and are answered in time.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::client::Client;
use crate::command::RunningCommand;
use crate::latency::{self, Refreshes};
use crate::test_env::TestEnv;
use crate::timing::{Stopwatch, pause};
use crate::{checker, lag};

const SESSIONS_A_ROUND: u64 = 20_000;
const CLIENTS: usize = 8;
/// How long refreshes are measured before it, for comparison.
const BEFORE: Duration = Duration::from_secs(3);
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);
/// The promised 99th percentile of refreshes during a bulk revocation (docs/operating.md).
const REFRESHED_WITHIN: Duration = Duration::from_millis(100);
/// The promised bound of an instance's memory, in MiB.
const MEMORY: u64 = 300;
/// The promised revocation lag at the other instance.
const HEARD_WITHIN: Duration = Duration::from_secs(1);

const REVOKE: &[&str] = &["sessions", "revoke", "--all", "--yes"];
const SOME: &str = "sessions so far";
const LIVE: &str = "SELECT count(*) FROM sessions WHERE revoked_at IS NULL";
const REVOKED: &str = "SELECT count(*) FROM sessions WHERE revoked_at IS NOT NULL";
const EVENTS: &str = "SELECT count(*) FROM events WHERE kind = 'session_ended'";

pub(crate) async fn run(env: Arc<TestEnv>) -> Result<()> {
    let instances = [env.start().await?, env.start().await?];
    let [here, there] = instances.each_ref().map(|instance| instance.address());
    let clients = Client::several(&env, here, CLIENTS).await?;
    let elder = clients[0].copied();
    let many = i64::try_from(env.rounds * SESSIONS_A_ROUND)?;
    env.database.add_sessions(many, elder.session()).await?;
    let refreshes = Refreshes::start(clients, here);
    pause(BEFORE).await;
    latency::remark(&env, "refreshes before", refreshes.taken());
    let mut clients = refreshes.finish().await?;

    let mut command = RunningCommand::start(&env, REVOKE)?;
    if !command.wait_for_line(SOME).await? {
        bail!("no session was revoked: {:?}", command.finish().await);
    }
    command.kill()?;
    let (revoked, left) = (env.database.count(REVOKED).await?, env.database.count(LIVE).await?);
    if left == 0 {
        bail!("it came too late to cut it short");
    }
    events_agree(&env, revoked).await?;

    let stopwatch = Stopwatch::start();
    let mut command = RunningCommand::start(&env, REVOKE)?;
    command.wait_for_line(SOME).await?;
    // Sessions that begin from here on stay live.
    for client in &mut clients {
        client.login(here).await?;
    }
    let mut refreshes = Refreshes::start(clients, here);
    while !command.has_ended()? {
        refreshes.ensure_running().await?;
        pause(BETWEEN_LOOKS).await;
    }
    let beside = refreshes.taken();
    let said = command.finish().await?;
    let took = stopwatch.elapsed();
    if said != format!("revoked {left} sessions of all users\n") {
        env.violation(format!("{left} were left, and it said: {said}"));
    }
    let opens = || async { Ok(elder.events(there).await == Some(200)) };
    let lag = lag::until_refused(opens).await?;
    env.check_bound(HEARD_WITHIN, lag, "the other instance learned of the revocation after");
    events_agree(&env, revoked + left).await?;
    env.remark(format!(
        "{revoked} revoked until it was killed, {left} in {took:.1?} by the next run"
    ));
    // A smoke run's command may finish before the clients have logged in.
    if env.measures {
        latency::check_bound(&env, REFRESHED_WITHIN, "refreshes beside it", beside);
    } else {
        latency::remark(&env, "refreshes beside it", beside);
    }
    env.check_memory(MEMORY, &instances)?;
    let mut clients = refreshes.finish().await?;
    checker::check(&env, there, &mut clients).await
}

async fn events_agree(env: &TestEnv, revoked: i64) -> Result<()> {
    let events = env.database.count(EVENTS).await?;
    if events != revoked {
        env.violation(format!("{revoked} sessions are revoked, and there are {events} events"));
    }
    Ok(())
}
