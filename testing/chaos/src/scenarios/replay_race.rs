//! A stolen refresh token: owner and thief present it at the same time, each with its own idempotency keys, on two
//! instances, and refresh in a loop. The replay revokes the session, and after the first refusal no refresh succeeds.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Result, bail};
use futures_util::future::try_join;

use crate::checker;
use crate::client::{Client, RefreshOutcome};
use crate::test_env::TestEnv;

/// Many more than both together can be answered.
const MOST: usize = 1_000;

/// At most one of the two gets tokens, and the session is revoked soon.
pub(crate) async fn run(env: Arc<TestEnv>) -> Result<()> {
    let instances = [env.start().await?, env.start().await?];
    let addresses = instances.each_ref().map(|instance| instance.address());
    let mut client = Client::register(&env, addresses[0], "owner").await?;
    let mut revoked = Vec::new();
    for round in 0..env.rounds {
        client.login(addresses[0]).await?;
        let (owner, thief) = (client.copied(), client.copied());
        let refused = AtomicBool::new(false);
        let parties = try_join(
            until_refused(owner, addresses[0], &refused),
            until_refused(thief, addresses[1], &refused),
        );
        let (owner, thief) = parties.await?;
        if owner.0 > 0 && thief.0 > 0 {
            bail!("round {round}: owner and thief were both answered, {} and {}", owner.0, thief.0);
        }
        for mut party in [owner.1, thief.1] {
            party.revoked = true;
            revoked.push(party);
        }
    }
    checker::check(&env, addresses[1], &mut revoked).await
}

/// How often the party was answered until it was refused.
async fn until_refused(
    mut party: Client,
    at: SocketAddr,
    refused: &AtomicBool,
) -> Result<(usize, Client)> {
    let mut answered = 0;
    while answered < MOST {
        let began_after = refused.load(Ordering::SeqCst);
        match party.try_refresh(at).await? {
            RefreshOutcome::SignedOut => {
                refused.store(true, Ordering::SeqCst);
                return Ok((answered, party));
            }
            RefreshOutcome::Refreshed if began_after => {
                bail!("a refresh that began after the replay was answered succeeded")
            }
            RefreshOutcome::Refreshed => answered += 1,
            RefreshOutcome::Transient | RefreshOutcome::Unavailable => {}
        }
    }
    bail!("two parties were refreshed in one session")
}
