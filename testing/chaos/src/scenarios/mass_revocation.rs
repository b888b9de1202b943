//! Bulk revocation at the database's console: 20,000 sessions for each round, while spared clients refresh and a
//! resource server fetches status lists. On PostgreSQL in one statement. SQLite has one writer, which would block
//! every refresh, so there it is in parts.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use shared::path;

use crate::client::Client;
use crate::http::{self, Request};
use crate::instance::Instance;
use crate::latency::{self, Refreshes};
use crate::test_env::TestEnv;
use crate::timing::{Stopwatch, pause};
use crate::{checker, fill, lag};

/// The promised latency of refreshes, revocation lag at each instance, and memory of one, in MiB.
const REFRESHED_WITHIN: Duration = Duration::from_millis(100);
const KNOWN_WITHIN: Duration = Duration::from_secs(1);
const MEMORY: u64 = 300;
const CLIENTS: usize = 8;
/// How many sessions each round adds.
const SESSIONS: u64 = 20_000;
/// How long refreshes are measured before, and afterwards: the revocations stay cached.
const SPELL: Duration = Duration::from_secs(5);
const AFTERWARDS: Duration = Duration::from_secs(20);
/// The CPU time that an instance may take afterwards: half of one core.
const PROCESSOR_TIME: Duration = Duration::from_secs(10);
/// The number of the last status list. Number 0 is all of them as one.
const STATUS_LISTS: u8 = 128;
/// Between two fetches of a status list.
const FETCH: Duration = Duration::from_millis(500);

/// Revokes the sessions of all rounds at once.
pub(crate) async fn run(env: Arc<TestEnv>) -> Result<()> {
    let instances = [env.start().await?, env.start().await?];
    let [here, there] = instances.each_ref().map(Instance::address);
    let clients = Client::several(&env, here, CLIENTS).await?;
    let mut leaver = Client::register(&env, here, "leaver").await?;
    fill::sessions(&env.database, SESSIONS * env.rounds, 1).await?;
    let spared: Vec<_> = clients.iter().map(Client::session).collect();
    let mut refreshes = Refreshes::start(clients, here);
    pause(env.spell(SPELL)).await;
    latency::check_bound(&env, REFRESHED_WITHIN, "before", refreshes.taken());
    let stop = AtomicBool::new(false);
    let afterwards = env.spell(AFTERWARDS);
    let revoking = async {
        let done = revoke(&env, &spared, &leaver, [here, there]).await;
        let at_work = processor_time(&instances)?;
        refreshes.ensure_running().await?;
        latency::check_bound(&env, REFRESHED_WITHIN, "while they are revoked", refreshes.taken());
        pause(afterwards).await;
        latency::check_bound(&env, REFRESHED_WITHIN, "afterwards", refreshes.taken());
        check_idle_cpu(&env, afterwards, at_work, processor_time(&instances)?);
        stop.store(true, Ordering::Relaxed);
        done
    };
    let (done, fetched) = tokio::join!(revoking, fetch(&env, here, &stop));
    done?;
    fetched?;
    env.check_memory(MEMORY, &instances)?;
    leaver.revoked = true;
    let mut clients = refreshes.finish().await?;
    clients.push(leaver);
    checker::check(&env, there, &mut clients).await
}

/// Revokes all but the spared sessions, the leaver's among the last.
async fn revoke(
    env: &TestEnv,
    spared: &[[u8; 16]],
    leaver: &Client,
    at: [SocketAddr; 2],
) -> Result<()> {
    let stopwatch = Stopwatch::start();
    let revoked = env.database.revoke_all_but(spared).await?;
    env.remark(format!("{revoked} sessions were revoked within {:.1?}", stopwatch.elapsed()));
    let mut lags = Vec::new();
    for at in at {
        let opens = || async {
            match leaver.events(at).await {
                Some(200) => Ok(true),
                Some(401) => Ok(false),
                other => bail!("the revoked session's token was answered {other:?}"),
            }
        };
        lags.push(lag::until_refused(opens).await?);
    }
    lag::check_bound(env, KNOWN_WITHIN, "revocation lag", lags);
    Ok(())
}

/// A resource server: fetches the status lists in a loop, the long one by turns with the others.
async fn fetch(env: &TestEnv, at: SocketAddr, stop: &AtomicBool) -> Result<()> {
    let (mut lists, mut longest, mut slowest, mut refused) = (0, 0, Duration::ZERO, 0);
    let mut numbers = (1..=STATUS_LISTS).flat_map(|number| [0, number]).cycle();
    while !stop.load(Ordering::Relaxed) {
        let stopwatch = Stopwatch::start();
        let path = path::status_list(numbers.next().unwrap_or_default());
        let outcome = http::call(at, &Request::get(path)).await;
        env.inspect("status list", &outcome);
        let answer = outcome.ok().context("the status list was not answered")?;
        match answer.status {
            200 => (lists, longest) = (lists + 1, longest.max(answer.body.len())),
            503 => refused += 1,
            status => bail!("the status list was answered {status}"),
        }
        slowest = slowest.max(stopwatch.elapsed());
        pause(FETCH).await;
    }
    let kilobytes = longest / 1024;
    env.remark(format!(
        "{lists} status lists, the longest {kilobytes} KiB, after {slowest:.1?} at most, {refused} times 503"
    ));
    Ok(())
}

fn processor_time(instances: &[Instance; 2]) -> Result<[Duration; 2]> {
    let [here, there] = instances.each_ref().map(Instance::cpu_time);
    Ok([here?, there?])
}

/// The revocation cache costs next to no CPU time while no session is revoked.
fn check_idle_cpu(env: &TestEnv, spell: Duration, before: [Duration; 2], after: [Duration; 2]) {
    let [here, there] = [0, 1].map(|number| after[number].saturating_sub(before[number]));
    env.remark(format!(
        "processor time of the instances in the {spell:?} after: {here:.1?} and {there:.1?}"
    ));
    if env.measures {
        env.check_bound(PROCESSOR_TIME, here.max(there), "afterwards, processor time was");
    }
}
