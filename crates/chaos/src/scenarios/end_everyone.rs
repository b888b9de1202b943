//! An operator ends everyone's sessions, and there are 20,000 for each round: `baton sessions end --all`. It is killed
//! half way and run again. Every end has its event, both or neither; the other instance hears of it; whoever logs in
//! meanwhile stays logged in and is answered in time.

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
/// How long the clients refresh before it, for comparison.
const BEFORE: Duration = Duration::from_secs(3);
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);
/// What is promised of 99 of 100 refreshes while sessions end in masses (docs/operating.md).
const REFRESHED_WITHIN: Duration = Duration::from_millis(100);
/// And how much memory an instance takes, in MiB.
const MEMORY: u64 = 300;
/// The bound for news of an end at the other instance.
const HEARD_WITHIN: Duration = Duration::from_secs(1);

const END: &[&str] = &["sessions", "end", "--all", "--yes"];
const SOME: &str = "sessions so far";
const LIVE: &str = "SELECT count(*) FROM sessions WHERE revoked_at IS NULL";
const ENDED: &str = "SELECT count(*) FROM sessions WHERE revoked_at IS NOT NULL";
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

    let mut command = RunningCommand::start(&env, END)?;
    if !command.wait_for_line(SOME).await? {
        bail!("nothing has ended: {:?}", command.finish().await);
    }
    command.kill()?;
    let (ended, left) = (env.database.count(ENDED).await?, env.database.count(LIVE).await?);
    if left == 0 {
        bail!("it came too late to cut it short");
    }
    events_agree(&env, ended).await?;

    let stopwatch = Stopwatch::start();
    let mut command = RunningCommand::start(&env, END)?;
    command.wait_for_line(SOME).await?;
    // What begins from here on goes on.
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
    if said != format!("ended {left} sessions, everyone's\n") {
        env.violation(format!("{left} were left, and it said: {said}"));
    }
    let opens = || async { Ok(elder.events(there).await == Some(200)) };
    let lag = lag::until_refused(opens).await?;
    env.check_bound(HEARD_WITHIN, lag, "the other instance has not heard of it for");
    events_agree(&env, ended + left).await?;
    env.remark(format!("{ended} ended until it was killed, {left} in {took:.1?} by the next run"));
    // A short run may be over before the clients have logged in.
    if env.measures {
        latency::check_bound(&env, REFRESHED_WITHIN, "refreshes beside it", beside);
    } else {
        latency::remark(&env, "refreshes beside it", beside);
    }
    env.check_memory(MEMORY, &instances)?;
    let mut clients = refreshes.finish().await?;
    checker::check(&env, there, &mut clients).await
}

async fn events_agree(env: &TestEnv, ended: i64) -> Result<()> {
    let events = env.database.count(EVENTS).await?;
    if events != ended {
        env.violation(format!("{ended} sessions have ended, and there are {events} events"));
    }
    Ok(())
}
