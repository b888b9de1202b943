//! Many tabs refresh at once. With a shared idempotency key all are one attempt and get one answer; without a key
//! each is a party of its own: a replay, which revokes the family.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::{Context as _, Result, bail};
use futures_util::future::join_all;
use tokio::sync::Barrier;

use crate::checker;
use crate::client::{Client, RefreshOutcome, refresh_cookie, refresh_request};
use crate::http::{self, Answer, CallError, Request};
use crate::test_env::TestEnv;

/// Concurrent refreshes, half of them on each instance.
const AT_ONCE: usize = 200;

/// All are answered, with the same successor token.
pub(crate) async fn with_one_key(env: Arc<TestEnv>) -> Result<()> {
    let instances = [env.start().await?, env.start().await?];
    let addresses = instances.each_ref().map(|instance| instance.address());
    let mut client = Client::register(&env, addresses[0], "many-tabs").await?;
    for round in 0..env.rounds {
        let attempt = client.attempt();
        let answers = all_at_once(&env, &addresses, &attempt).await;
        let mut successors: Vec<_> = answers.iter().map(successor).collect();
        successors.sort_unstable();
        successors.dedup();
        if successors.len() != 1 || successors[0].is_err() {
            bail!("round {round}: one answer was expected for all, not {successors:?}");
        }
        let known = u64::try_from(AT_ONCE - 1)?;
        env.counters.refreshes.fetch_add(known, Ordering::Relaxed);
        let first = answers.into_iter().next().context("there are 200")?;
        client.settle(first)?;
    }
    let rows = env.database.sessions().await?;
    let row = rows.get(&client.session()).context("the session has no row")?;
    let accepted = u64::try_from(row.generation)?;
    if accepted != env.rounds {
        bail!("{accepted} refreshes were accepted in {} rounds; one in each was due", env.rounds);
    }
    checker::check(&env, addresses[1], &mut [client]).await
}

/// One is answered; then the session is revoked for every party.
pub(crate) async fn without_a_key(env: Arc<TestEnv>) -> Result<()> {
    let instances = [env.start().await?, env.start().await?];
    let addresses = instances.each_ref().map(|instance| instance.address());
    let mut client = Client::register(&env, addresses[0], "many-thieves").await?;
    let mut revoked = Vec::new();
    for round in 0..env.rounds {
        client.login(addresses[0]).await?;
        let request = refresh_request(&env, &client.ticket);
        let answers = all_at_once(&env, &addresses, &request).await;
        let mut winners: Vec<_> = answers.iter().filter(|answer| status(answer) == 200).collect();
        let refused = answers.iter().filter(|answer| status(answer) == 401).count();
        if winners.len() != 1 || refused != AT_ONCE - 1 {
            bail!("round {round}: {} were answered, {refused} were refused", winners.len());
        }
        env.counters.refreshes.fetch_add(1, Ordering::Relaxed);
        let winner = winners.pop().context("there is one")?;
        let mut loser = client.copied();
        client.ticket = successor(winner).map_err(anyhow::Error::msg)?;
        for party in [&mut client, &mut loser] {
            for at in addresses {
                if party.try_refresh(at).await? != RefreshOutcome::SignedOut {
                    bail!(
                        "round {round}: the session is active after 200 have presented one token"
                    );
                }
            }
        }
        client.revoked = true;
        revoked.push(client.copied());
    }
    checker::check(&env, addresses[1], &mut revoked).await
}

/// Connects all clients before the first request is sent.
async fn all_at_once(
    env: &Arc<TestEnv>,
    addresses: &[SocketAddr; 2],
    request: &Request,
) -> Vec<Result<Answer, CallError>> {
    let start = Arc::new(Barrier::new(AT_ONCE));
    let calls = (0..AT_ONCE).map(|number| {
        let (start, request) = (Arc::clone(&start), request.clone());
        let (env, address) = (Arc::clone(env), addresses[number % 2]);
        tokio::spawn(async move {
            let connection = http::connect(address).await;
            start.wait().await;
            let outcome = match connection {
                Ok(connection) => connection.request(&request).await,
                Err(lost) => Err(lost),
            };
            env.inspect("refresh", &outcome);
            outcome
        })
    });
    let joined = join_all(calls).await;
    joined.into_iter().map(|call| call.expect("asking does not panic")).collect()
}

fn status(outcome: &Result<Answer, CallError>) -> u16 {
    outcome.as_ref().map_or(0, |answer| answer.status)
}

/// The refresh token of a 200; an error for any other outcome.
fn successor(outcome: &Result<Answer, CallError>) -> Result<String, String> {
    match outcome {
        Ok(answer) if answer.status == 200 => {
            refresh_cookie(answer).map(str::to_owned).ok_or_else(|| "200 without cookie".to_owned())
        }
        Ok(answer) => Err(format!("{} {:?}", answer.status, answer.text("code"))),
        Err(lost) => Err(lost.why.clone()),
    }
}
