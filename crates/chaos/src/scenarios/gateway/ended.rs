//! How long an access token opens the service behind the gateway after its session was ended. Neither the
//! edge nor the service asks Baton about a call: the service learns of it from the status list. Measured from
//! the answer to the logout.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};

use super::{is_of_the_service, start};
use crate::client::Client;
use crate::edge::Edge;
use crate::scenarios::road_to;
use crate::stage::Stage;
use crate::{checker, lag};

/// What is promised.
const BOUND: Duration = Duration::from_secs(5);

/// Ends at one instance, while the service asks the other for its list.
pub(crate) async fn play(stage: Arc<Stage>) -> Result<()> {
    let (here, there) = (start(&stage).await?, start(&stage).await?);
    let mut client = Client::register(&stage, here.address(), "leaver").await?;
    let edge = Edge::start(&stage, road_to(&there)).await?;
    let (mut lags, mut left) = (Vec::new(), Vec::new());
    for round in 0..stage.rounds {
        client.login(here.address()).await?;
        edge.opens_to(&client.access_token).await?;
        if client.logout(here.address()).await != Some(204) {
            bail!("round {round}: no logout");
        }
        let opens = || async {
            match client.notes(edge.address).await {
                Ok(answer) if answer.status == 200 => Ok(true),
                Ok(answer) if answer.status == 401 && is_of_the_service(&answer) => Ok(false),
                other => bail!("round {round}: {other:?}"),
            }
        };
        lags.push(lag::until_refused(opens).await?);
        left.push(client.copied());
    }
    lag::hold_to(&stage, BOUND, "an ended session's token at the service", lags);
    checker::check(&stage, there.address(), &mut left).await
}
