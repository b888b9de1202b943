//! What must be true after every scenario, whatever happened in it. The checker reads only HTTP and
//! the database, and knows nothing of the scenario but who the honest clients are.

use std::net::SocketAddr;

use anyhow::Result;

use crate::client::{Client, RefreshOutcome, refresh_request};
use crate::database::Database;
use crate::http;
use crate::test_env::TestEnv;
use crate::timing::STEP_TIMEOUT;

/// How many clients give their session up to prove that it has one live token.
const REPLAY_CHECKS: usize = 8;

/// Checks every invariant; what does not hold is a violation.
pub(crate) async fn check(env: &TestEnv, at: SocketAddr, clients: &mut [Client]) -> Result<()> {
    check_in(&env.database, env, at, clients).await
}

/// The same for a database that lies elsewhere than where the program sees it.
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
                env.violation(format!("{}: a fresh access token does not hold", client.email));
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

/// No log holds a panic. For every scenario, also one that could not be played to its end.
pub(crate) fn no_panics(env: &TestEnv) -> Result<()> {
    for line in env.log_lines("panicked at")? {
        env.violation(format!("the program panicked: {line}"));
    }
    Ok(())
}

/// Whether every client has had the answer to its last attempt.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Settled {
    NotYet,
    Yes,
}

/// One row for each session, ended if the client's is, at the generation before the one that the
/// client holds; an attempt that was not answered may have been accepted.
async fn rows_agree(
    database: &Database,
    env: &TestEnv,
    clients: &[Client],
    settled: Settled,
) -> Result<()> {
    let rows = database.sessions().await?;
    for client in clients {
        let email = &client.email;
        let Some(row) = rows.get(&client.session()) else {
            env.violation(format!("{email}: the session has no row"));
            continue;
        };
        if row.revoked != client.revoked {
            let is = if row.revoked { "ended" } else { "live" };
            env.violation(format!("{email}: the row is {is}, and nobody expects that"));
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

/// Neither the refresh token nor the access token of an ended session opens anything.
async fn check_revoked(env: &TestEnv, at: SocketAddr, client: &mut Client) -> Result<()> {
    if client.try_refresh(at).await? != RefreshOutcome::SignedOut {
        env.violation(format!("{}: an ended session was refreshed", client.email));
    }
    if client.me(at).await != Some(401) {
        env.violation(format!("{}: an ended session's access token holds", client.email));
    }
    Ok(())
}

/// The token before the newest is refused, and that somebody had it ends the family: so there was
/// one live token, and there is none now.
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
