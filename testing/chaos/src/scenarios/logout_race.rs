//! Logout races refreshes on two instances. Before the 204 a refresh may succeed or not; a refresh that begins after
//! it is refused, with any token of the session. A password change revokes sessions in the same way:
//! [`password_race`](super::password_race).

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Result, bail};
use futures_util::future::{join_all, try_join};

use crate::checker;
use crate::client::{Client, RefreshOutcome};
use crate::http::{self, Answer, CallError};
use crate::test_env::TestEnv;
use crate::timing::pause;

/// Tabs of one browser share jar and idempotency key; half of them refresh on each instance.
const TABS: usize = 6;
/// The latest moment of the logout.
const LATEST_MS: u64 = 30;

/// Logout is linearizable against refresh.
pub(crate) async fn run(env: Arc<TestEnv>) -> Result<()> {
    let instances = [env.start().await?, env.start().await?];
    let addresses = instances.each_ref().map(|instance| instance.address());
    let mut client = Client::register(&env, addresses[0], "leaver").await?;
    let mut left = Vec::new();
    for round in 0..env.rounds {
        client.login(addresses[0]).await?;
        let gone = AtomicBool::new(false);
        let tabs = refresh_until_over(client.copied(), addresses, &gone);
        let delay = Duration::from_millis(env.rng.below(LATEST_MS));
        let at = addresses[env.rng.index(2)];
        let logout = async {
            pause(delay).await;
            let status = client.logout(at).await;
            gone.store(true, Ordering::SeqCst);
            match status {
                Some(204) => Ok(()),
                other => bail!("round {round}: logout was answered {other:?}"),
            }
        };
        let (mut tabs, ()) = try_join(tabs, logout).await?;
        left.push(client.copied());
        // The token in the jar is refused by both instances.
        for at in addresses {
            if tabs.try_refresh(at).await? != RefreshOutcome::SignedOut {
                bail!("round {round}: a token from before the logout is accepted");
            }
        }
    }
    if !env.log_lines(r#"event="replayed""#)?.is_empty() {
        bail!("a session was revoked as replayed: the scenario was not exercised");
    }
    checker::check(&env, addresses[1], &mut left).await
}

/// Refreshes until the session is over. An error if a refresh that begins after the logout succeeds.
async fn refresh_until_over(
    mut jar: Client,
    addresses: [SocketAddr; 2],
    gone: &AtomicBool,
) -> Result<Client> {
    loop {
        let began_after = gone.load(Ordering::SeqCst);
        let attempt = jar.attempt();
        let calls = (0..TABS).map(|number| http::call(addresses[number % 2], &attempt));
        let outcomes = join_all(calls).await;
        let is = |outcome: &Result<Answer, CallError>, status| {
            outcome.as_ref().is_ok_and(|answer| answer.status == status)
        };
        if began_after && outcomes.iter().any(|outcome| is(outcome, 200)) {
            bail!("a refresh that began after logout was answered succeeded");
        }
        let over = outcomes.iter().any(|outcome| is(outcome, 401));
        // The jar takes the answers one after the other; all successes carry the same token.
        for outcome in outcomes {
            jar.settle(outcome)?;
        }
        if over {
            return Ok(jar);
        }
    }
}
