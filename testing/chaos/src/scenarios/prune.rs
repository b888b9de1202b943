//! Pruning under load: two weeks of events, most of them past their retention, and expired sessions, while clients
//! refresh. `baton prune` does what a server does once an hour, with shorter pauses and from another process: on
//! SQLite, the two compete for the write lock.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;

use crate::client::Client;
use crate::instance::run_to_its_end;
use crate::latency::{self, Refreshes};
use crate::test_env::TestEnv;
use crate::timing::{Stopwatch, pause};
use crate::{checker, fill};

/// The promised 99th percentile of refreshes.
const BOUND: Duration = Duration::from_millis(50);
const CLIENTS: usize = 8;
/// How many events each round adds before pruning.
const EVENTS: u64 = 100_000;
const SESSIONS: u64 = 5_000;
/// How long refreshes are measured without it, for comparison.
const ALONE: Duration = Duration::from_secs(3);

/// Prunes the events of all rounds at once.
pub(crate) async fn run(env: Arc<TestEnv>) -> Result<()> {
    let instance = env.start().await?;
    let at = instance.address();
    let clients = Client::several(&env, at, CLIENTS).await?;
    fill::events(&env.database, EVENTS * env.rounds).await?;
    // Long expired, and live; neither is presented to the server.
    for days_ago in [45, 1] {
        fill::sessions(&env.database, SESSIONS * env.rounds, days_ago).await?;
    }
    let mut refreshes = Refreshes::start(clients, at);
    pause(ALONE).await;
    // A figure without a bound: the bulk rows are still being flushed.
    latency::remark(&env, "alone", refreshes.taken());
    let prune = env.launch_of(&env.programs.binary);
    let prune = prune.with(&["prune", "--database", &env.database.url()]);
    let stopwatch = Stopwatch::start();
    let said = run_to_its_end(prune).await?;
    let took = stopwatch.elapsed();
    refreshes.ensure_running().await?;
    latency::check_bound(&env, BOUND, "while it prunes", refreshes.taken());
    env.remark(format!("in {took:.1?}: {}", said.trim().replace('\n', "; ")));
    check_removed(&env, &said)?;
    let mut clients = refreshes.finish().await?;
    checker::check(&env, at, &mut clients).await
}

/// Eight of the fourteen days are past their retention, but for the tenth that is no routine.
fn check_removed(env: &TestEnv, said: &str) -> Result<()> {
    let mut removed: Vec<u64> = numbers(said).collect();
    // The server's own hourly run may have pruned some.
    for line in env.log_lines(r#"event="pruned""#)? {
        let of_the_server = line.split_once("sessions=").map_or("", |(_, rest)| rest);
        let of_the_server = of_the_server.replace("records=", "");
        removed.iter_mut().zip(numbers(&of_the_server)).for_each(|(sum, more)| *sum += more);
    }
    let (sessions, records) = (SESSIONS * env.rounds, EVENTS * env.rounds * 9 / 10 * 8 / 14);
    if removed.len() != 2 || removed[0] != sessions || removed[1] < records {
        env.violation(format!(
            "removed {removed:?}, not {sessions} sessions and {records} records"
        ));
    }
    Ok(())
}

fn numbers(text: &str) -> impl Iterator<Item = u64> {
    text.split_whitespace().filter_map(|word| word.parse().ok())
}
