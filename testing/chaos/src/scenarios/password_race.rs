//! Password change races refreshes and logins: other sessions of the user refresh, others log in with the old
//! password, on two instances. Sometimes the client times out and retries by a refresh with the same idempotency key;
//! sometimes the instance is killed right after its 204. Afterwards only the session that changed the password is
//! live; logins with the old password are revoked, too. A change that timed out may be carried out later, or never:
//! its instance is stopped before the passwords are tried.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use futures_util::future::{join, try_join_all};

use crate::checker;
use crate::client::{Client, RefreshOutcome};
use crate::http::CALL_TIMEOUT;
use crate::instance::Instance;
use crate::test_env::TestEnv;
use crate::timing::{STEP_TIMEOUT, Stopwatch, pause};

/// Other sessions of the same user, half on each instance.
const OTHERS: usize = 4;
/// The longest client timeout. The two password hashes take longer.
const LATEST_TIMEOUT_MS: u64 = 400;
/// The instance is killed after each n-th change that was answered.
const KILLS: u64 = 3;

/// A password change is linearizable against refreshes and logins.
pub(crate) async fn run(env: Arc<TestEnv>) -> Result<()> {
    let instances = [env.start().await?, env.start().await?];
    let mut client = Client::register(&env, instances[0].address(), "changer").await?;
    let mut revoked = Vec::new();
    let mut changes = 0;
    for round in 0..env.rounds {
        let whose = format!("round {round}");
        let (was_changed, others) =
            run_round(&env, &instances, &mut client, changes).await.context(whose.clone())?;
        changes += u64::from(was_changed);
        let at = instances[0].address();
        for mut other in others {
            // Each remaining session shows whether it was revoked.
            match settled(&mut other, at).await? {
                RefreshOutcome::SignedOut if was_changed => {
                    other.revoked = true;
                    revoked.push(other);
                }
                RefreshOutcome::Refreshed if !was_changed => {}
                tried => bail!("{whose}: changed: {was_changed}, and another session: {tried:?}"),
            }
        }
        // The session that changed the password stays live, whether or not its answer arrived.
        client.refresh(|| instances[1].address()).await.context(whose)?;
    }
    if changes == 0 {
        bail!("no password was changed: the scenario was not exercised");
    }
    if !env.log_lines(r#"event="replayed""#)?.is_empty() {
        bail!("a session was revoked as replayed: the scenario was not exercised");
    }
    env.remark(format!("{changes} passwords were changed"));
    revoked.push(client);
    checker::check(&env, instances[1].address(), &mut revoked).await
}

/// Retries until the outcome is known.
async fn settled(other: &mut Client, at: SocketAddr) -> Result<RefreshOutcome> {
    let stopwatch = Stopwatch::start();
    loop {
        match other.try_refresh(at).await? {
            RefreshOutcome::Transient | RefreshOutcome::Unavailable
                if stopwatch.elapsed() < STEP_TIMEOUT =>
            {
                pause(Duration::from_millis(20)).await;
            }
            tried => return Ok(tried),
        }
    }
}

/// Whether the password was changed, and the other sessions.
async fn run_round(
    env: &Arc<TestEnv>,
    instances: &[Instance; 2],
    client: &mut Client,
    changes: u64,
) -> Result<(bool, Vec<Client>)> {
    client.login(instances[0].address()).await?;
    let mut others = Vec::new();
    for number in 0..OTHERS {
        let mut other = client.copied();
        other.login(instances[number % 2].address()).await?;
        others.push(other);
    }
    let latecomer = client.copied();
    let done = AtomicBool::new(false);
    let which = env.rng.index(2);
    let timeout = if env.rng.index(2) == 0 {
        Duration::from_millis(env.rng.below(LATEST_TIMEOUT_MS))
    } else {
        CALL_TIMEOUT
    };
    let change = async {
        pause(Duration::from_millis(env.rng.below(30))).await;
        let answered = client.change_password(instances[which].address(), timeout).await;
        if matches!(answered, Ok(true)) && changes.is_multiple_of(KILLS) {
            // An answered change is committed.
            instances[which].kill();
            instances[which].restart().await?;
        }
        if matches!(answered, Ok(false)) {
            // Until the attempt is answered, the client makes no other call.
            client.refresh(|| instances[1 - which].address()).await?;
            // The call that timed out may still be in flight; a stopped instance cannot carry it out any more.
            instances[which].stop().await?;
            instances[which].restart().await?;
        }
        done.store(true, Ordering::SeqCst);
        answered
    };
    let refreshes = others.into_iter().enumerate().map(|(number, other)| {
        refresh_until(other, move || instances[number % 2].address(), &done)
    });
    let logins = log_in_until(latecomer, instances, &done);
    let (answered, (others, logins)) = join(change, join(try_join_all(refreshes), logins)).await;
    let (answered, mut others) = (answered?, others?);
    others.extend(logins?);
    let was_changed = answered || is_changed(client, instances).await?;
    Ok((was_changed, others))
}

/// By now the password is settled: exactly one of the two is accepted.
async fn is_changed(client: &mut Client, instances: &[Instance; 2]) -> Result<bool> {
    let mut answers = Vec::new();
    for password in [client.password, client.other_password()] {
        let mut visitor = client.copied();
        visitor.password = password;
        let status = visitor.try_login(instances[0].address()).await?;
        answers.push((password, status.context("no answer to a login")?));
    }
    match answers.as_slice() {
        [(_, 200), (_, 401)] => Ok(false),
        [(_, 401), (new, 200)] => {
            client.password = new;
            Ok(true)
        }
        other => bail!("which password is valid? {other:?}"),
    }
}

/// Refreshes until `done`, or until the session is over.
async fn refresh_until(
    mut other: Client,
    route: impl Fn() -> SocketAddr,
    done: &AtomicBool,
) -> Result<Client> {
    while !done.load(Ordering::SeqCst) {
        if other.try_refresh(route()).await? == RefreshOutcome::SignedOut {
            break;
        }
        // The password is hashed on the same two cores.
        pause(Duration::from_millis(2)).await;
    }
    Ok(other)
}

/// Logs in with the old password until `done`; the sessions that were begun.
async fn log_in_until(
    mut latecomer: Client,
    instances: &[Instance; 2],
    done: &AtomicBool,
) -> Result<Vec<Client>> {
    let mut began = Vec::new();
    for number in 0.. {
        if done.load(Ordering::SeqCst) {
            break;
        }
        let status = latecomer.try_login(instances[number % 2].address()).await?;
        match status {
            Some(200) => began.push(latecomer.copied()),
            // Old password, throttled, busy or just killed.
            Some(401 | 429 | 503) | None => pause(Duration::from_millis(5)).await,
            Some(other) => bail!("login: {other}"),
        }
    }
    Ok(began)
}
