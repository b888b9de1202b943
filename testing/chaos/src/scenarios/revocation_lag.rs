//! Revocation lag between instances: how long another instance still accepts a revoked session's access token, at a
//! call that needs no cookie. Measured from the answer to the logout; a second is promised.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::client::Client;
use crate::test_env::TestEnv;
use crate::{checker, lag};

/// The promised revocation lag.
const BOUND: Duration = Duration::from_secs(1);

/// Revokes at one instance, presents the token at the other.
pub(crate) async fn run(env: Arc<TestEnv>) -> Result<()> {
    let instances = [env.start().await?, env.start().await?];
    let [here, there] = instances.each_ref().map(|instance| instance.address());
    let mut client = Client::register(&env, here, "leaver").await?;
    let (mut lags, mut left) = (Vec::new(), Vec::new());
    for round in 0..env.rounds {
        client.login(here).await?;
        if client.events(there).await != Some(200) {
            bail!("round {round}: the other instance does not know the session");
        }
        if client.logout(here).await != Some(204) {
            bail!("round {round}: no logout");
        }
        let opens = || async {
            match client.events(there).await {
                Some(200) => Ok(true),
                Some(401) => Ok(false),
                other => bail!("round {round}: the call was answered {other:?}"),
            }
        };
        lags.push(lag::until_refused(opens).await?);
        if client.events(here).await != Some(401) {
            env.violation(format!(
                "round {round}: a token is accepted where its session was revoked"
            ));
        }
        left.push(client.copied());
    }
    lag::check_bound(&env, BOUND, "revocation lag", lags);
    checker::check(&env, there, &mut left).await
}
