//! Invariants that hold after every scenario: honest clients can refresh, revoked sessions stay revoked, each family
//! has one live refresh token. The checker reads HTTP and the database; of the scenario it knows the honest clients
//! and no more.

use std::net::SocketAddr;

use anyhow::Result;

use crate::client::{Client, RefreshOutcome, refresh_request};
use crate::database::Database;
use crate::http;
use crate::test_env::TestEnv;
use crate::timing::{STEP_TIMEOUT, Stopwatch, WRITTEN_WITHIN, pause};

/// How many clients sacrifice their session: a replay of the previous token proves that one token is live.
const REPLAY_CHECKS: usize = 8;

/// Checks every invariant and records each violation.
pub(crate) async fn check(env: &TestEnv, at: SocketAddr, clients: &mut [Client]) -> Result<()> {
    check_in(&env.database, env, at, clients).await
}

/// The same, with the database at another path than the program's.
pub(crate) async fn check_in(
    database: &Database,
    env: &TestEnv,
    at: SocketAddr,
    clients: &mut [Client],
) -> Result<()> {
    rows_agree(database, env, clients, Settled::NotYet).await?;
    for client in clients.iter_mut() {
        if client.revoked {
            check_revoked(env, at, client).await?;
        } else {
            // Fails if the client is signed out.
            client.refresh(|| at).await?;
            if client.me(at).await != Some(200) {
                env.violation(format!("{}: a fresh access token is refused", client.email));
            }
        }
    }
    rows_agree(database, env, clients, Settled::Yes).await?;
    let live = clients.iter_mut().filter(|client| !client.revoked).take(REPLAY_CHECKS);
    for client in live {
        one_token_is_live(env, at, client).await?;
    }
    rows_agree(database, env, clients, Settled::Yes).await
}

/// No log holds a panic. Checked after every scenario, also after one that failed.
pub(crate) fn no_panics(env: &TestEnv) -> Result<()> {
    for line in env.log_lines("panicked at")? {
        env.violation(format!("the program panicked: {line}"));
    }
    Ok(())
}

/// Whether every client's last refresh attempt has been answered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Settled {
    NotYet,
    Yes,
}

/// Each session has one row, revoked if the client's session is, at the generation before the client's token. An
/// unanswered attempt may have been accepted.
async fn rows_agree(
    database: &Database,
    env: &TestEnv,
    clients: &[Client],
    settled: Settled,
) -> Result<()> {
    let stopwatch = Stopwatch::start();
    let rows = loop {
        let rows = database.sessions().await?;
        // A rotation may be answered before it is written, and all else not.
        let is_behind = |client: &&Client| {
            let row = rows.get(&client.session());
            row.is_some_and(|row| !client.revoked && row.generation < client.generation() - 1)
        };
        if !clients.iter().any(|client| is_behind(&client)) || stopwatch.elapsed() > WRITTEN_WITHIN
        {
            break rows;
        }
        pause(WRITTEN_WITHIN / 20).await;
    };
    for client in clients {
        let email = &client.email;
        let Some(row) = rows.get(&client.session()) else {
            env.violation(format!("{email}: the session has no row"));
            continue;
        };
        if row.revoked != client.revoked {
            let is = if row.revoked { "revoked" } else { "live" };
            env.violation(format!("{email}: the row is {is}, which is unexpected"));
        }
        let (held, accepted) = (client.generation(), row.generation);
        let unanswered = settled == Settled::NotYet && client.pending.is_some();
        let agrees = accepted == held - 1 || (accepted == held && unanswered) || client.revoked;
        if !agrees {
            env.violation(format!("{email} holds {held}, but {accepted} was accepted last"));
        }
    }
    Ok(())
}

/// The refresh token and the access token of a revoked session are refused.
async fn check_revoked(env: &TestEnv, at: SocketAddr, client: &mut Client) -> Result<()> {
    if client.try_refresh(at).await? != RefreshOutcome::SignedOut {
        env.violation(format!("{}: a revoked session was refreshed", client.email));
    }
    if client.me(at).await != Some(401) {
        env.violation(format!(
            "{}: the access token of a revoked session is accepted",
            client.email
        ));
    }
    Ok(())
}

/// A replay of the previous refresh token is refused and revokes the family: one token was live, none is now.
async fn one_token_is_live(env: &TestEnv, at: SocketAddr, client: &mut Client) -> Result<()> {
    let Some(previous) = client.previous.clone() else { return Ok(()) };
    let outcome = http::call(at, &refresh_request(env, &previous)).await;
    env.inspect("refresh", &outcome);
    match outcome {
        Ok(answer) if answer.status == 401 => {}
        Ok(answer) => {
            let status = answer.status;
            env.violation(format!("{}: an old token was answered {status}", client.email));
        }
        Err(lost) => anyhow::bail!("no answer within {STEP_TIMEOUT:?}: {}", lost.why),
    }
    client.revoked = true;
    check_revoked(env, at, client).await
}
