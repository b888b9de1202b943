//! Lost answers: a tunnel, a closed lid, a proxy's timeout. The client retries with the same idempotency key, at once
//! or after other refreshes, on either instance, and gets the answer that was lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result, bail};
use futures_util::future::try_join_all;

use crate::checker;
use crate::client::{Client, RefreshOutcome, refresh_cookie};
use crate::fault_proxy::{Fault, FaultProxy};
use crate::http;
use crate::instance::Instance;
use crate::route::Route;
use crate::test_env::TestEnv;

/// Clients that lose an answer in each round.
const LOSSY: usize = 20;
/// Clients that refresh in between.
const OTHERS: usize = 5;

/// A client behind a proxy that cuts every answer.
struct LossyClient {
    client: Client,
    proxy: FaultProxy,
}

/// Each retry gets the lost answer again.
pub(crate) async fn run(env: Arc<TestEnv>) -> Result<()> {
    let instances = Arc::new([env.start().await?, env.start().await?]);
    let at = |number: usize| instances[number % 2].address();
    let mut clients = Client::several(&env, at(0), LOSSY + OTHERS).await?;
    let mut others = clients.split_off(LOSSY);
    let mut lossy = Vec::new();
    for client in clients {
        let cut = Fault::CutAnswers(Arc::new(env.rng.split()));
        lossy.push(LossyClient {
            client,
            proxy: FaultProxy::start(in_turn(&instances), cut).await?,
        });
    }
    for _ in 0..env.rounds {
        // Half retry at once, half after other refreshes; each on a random instance.
        let later: Vec<bool> = lossy.iter().map(|_| env.rng.coin()).collect();
        let routes: Vec<_> = lossy.iter().map(|_| at(env.rng.index(2))).collect();
        try_join_all(lossy.iter_mut().zip(&later).zip(&routes).map(
            async |((lossy_client, later), route)| {
                lossy_client.lose_answer().await?;
                if *later { Ok(()) } else { lossy_client.retry(*route).await }
            },
        ))
        .await?;
        try_join_all(others.iter_mut().map(async |client| {
            client.refresh(|| at(0)).await?;
            client.refresh(|| at(1)).await
        }))
        .await?;
        let late = lossy.iter_mut().zip(&later).zip(&routes).filter(|((_, later), _)| **later);
        try_join_all(late.map(|((lossy_client, _), route)| lossy_client.retry(*route))).await?;
    }
    let lost = env.rounds * u64::try_from(LOSSY)?;
    env.remark(format!("{lost} answers were lost"));
    let mut clients: Vec<_> = lossy.into_iter().map(|lossy_client| lossy_client.client).collect();
    clients.append(&mut others);
    checker::check(&env, at(0), &mut clients).await
}

impl LossyClient {
    /// Refreshes, and loses the answer.
    async fn lose_answer(&mut self) -> Result<()> {
        match self.client.try_refresh(self.proxy.address()).await? {
            RefreshOutcome::Transient => Ok(()),
            other => bail!("the answer was cut, but the client has {other:?}"),
        }
    }

    /// Retries. If the jar is unchanged, the same token comes again; if the lost answer's head had set the cookie,
    /// the rotation starts from there.
    async fn retry(&mut self, at: std::net::SocketAddr) -> Result<()> {
        let lost = self.proxy.swallowed().context("the proxy has swallowed an answer")?;
        let lost = http::read(&lost).ok().context("the swallowed answer was whole")?;
        let successor = refresh_cookie(&lost).context("it was a 200 with a cookie")?.to_owned();
        let had_arrived = self.client.ticket == successor;
        self.client.refresh(|| at).await?;
        if !had_arrived && self.client.ticket != successor {
            bail!("{}: trying again was answered with another token", self.client.email);
        }
        Ok(())
    }
}

fn in_turn(instances: &Arc<[Instance; 2]>) -> Route {
    let (instances, turn) = (Arc::clone(instances), AtomicUsize::new(0));
    Arc::new(move || instances[turn.fetch_add(1, Ordering::Relaxed) % 2].address())
}
