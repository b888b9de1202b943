//! How long an access token is let through at another instance after its session was ended, by a call
//! that asks for nothing but the token. Measured from the answer to the logout; a second is promised.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::checker;
use crate::client::Client;
use crate::pace::{PATIENCE, Stopwatch};
use crate::stage::Stage;

/// What is promised.
const BOUND: Duration = Duration::from_secs(1);

/// Ends at one instance, asks at the other.
pub(crate) async fn play(stage: Arc<Stage>) -> Result<()> {
    let instances = [stage.start().await?, stage.start().await?];
    let [here, there] = instances.each_ref().map(|instance| instance.address());
    let mut client = Client::register(&stage, here, "leaver").await?;
    let (mut lags, mut left) = (Vec::new(), Vec::new());
    for round in 0..stage.rounds {
        client.login(here).await?;
        if client.events(there).await != Some(200) {
            bail!("round {round}: the other instance does not know the session");
        }
        if client.logout(here).await != Some(204) {
            bail!("round {round}: no logout");
        }
        let stopwatch = Stopwatch::start();
        // When the last call began that was let through.
        let mut lag = Duration::ZERO;
        loop {
            let began = stopwatch.elapsed();
            if client.events(there).await != Some(200) {
                break;
            }
            lag = began;
            if lag > PATIENCE {
                bail!("round {round}: the token of an ended session is still let through");
            }
        }
        if lag > BOUND {
            stage.violation(format!("round {round}: the token was let through for {lag:?}"));
        }
        if client.events(here).await != Some(401) {
            stage.violation(format!("round {round}: it is let through where it was ended"));
        }
        lags.push(lag);
        left.push(client.copied());
    }
    lags.sort_unstable();
    let at = |percent: usize| lags.get(lags.len() * percent / 100).or(lags.last());
    if let (Some(half), Some(most), Some(last)) = (at(50), at(99), lags.last()) {
        stage.remark(format!("revocation lag: p50 {half:.0?}, p99 {most:.0?}, at most {last:.0?}"));
    }
    checker::check(&stage, there, &mut left).await
}
