//! Revocation lag behind the gateway: how long the resource server still accepts a revoked session's access token.
//! Neither the edge nor the service introspects tokens at Baton: the service caches the status list. Measured from
//! the answer to the logout.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use shared::path;

use super::setup::{is_of_the_service, start};
use crate::client::Client;
use crate::edge::Edge;
use crate::http::{self, Request};
use crate::route::route_to;
use crate::test_env::TestEnv;
use crate::timing::{Stopwatch, pause};
use crate::{checker, lag};

/// Longer than a service caches the list, in milliseconds.
const KEPT: u64 = 2_500;
/// Between two calls: the service has a rate limit per user.
const BETWEEN_CALLS: Duration = Duration::from_millis(50);
/// The promised revocation lag.
const BOUND: Duration = Duration::from_secs(5);

/// Revokes at one instance, while the service fetches the list from the other.
pub(crate) async fn run(env: Arc<TestEnv>) -> Result<()> {
    let (here, there) = (start(&env).await?, start(&env).await?);
    let mut client = Client::register(&env, here.address(), "leaver").await?;
    let edge = Edge::start(&env, route_to(&there)).await?;
    let (mut lags, mut left) = (Vec::new(), Vec::new());
    for round in 0..env.rounds {
        client.login(here.address()).await?;
        edge.wait_until_accepted(&client.access_token).await?;
        let copy = client.copied();
        let list = path::status_list(list_of(client.session()));
        let opens = || async {
            pause(BETWEEN_CALLS).await;
            let opens = match copy.notes(edge.address).await {
                Ok(answer) if answer.status == 200 => true,
                Ok(answer) if answer.status == 401 && is_of_the_service(&answer) => false,
                other => bail!("round {round}: {other:?}"),
            };
            // Other clients fetch the list, too, so that the cached copy is as stale as it may be.
            match http::call(there.address(), &Request::get(list.clone())).await {
                Ok(list) if list.status == 200 => Ok(opens),
                other => bail!("round {round}: the list: {other:?}"),
            }
        };
        // The revocation comes at any age of the cached list, which stays in use.
        let until = Duration::from_millis(env.rng.below(KEPT));
        let stopwatch = Stopwatch::start();
        while stopwatch.elapsed() < until {
            if !opens().await? {
                bail!("round {round}: refused before the revocation");
            }
        }
        if client.logout(here.address()).await != Some(204) {
            bail!("round {round}: no logout");
        }
        lags.push(lag::until_refused(opens).await?);
        left.push(client.copied());
    }
    lag::check_bound(&env, BOUND, "a revoked session's token at the service", lags);
    checker::check(&env, there.address(), &mut left).await
}

/// The number of the status list in which a session has its place: the upper seven of the last 24 bits, from 1 on.
const fn list_of(session: [u8; 16]) -> u8 {
    (session[13] >> 1) + 1
}
