//! Restore of an older backup. Clients hold refresh tokens of generations that the database has lost; their MACs are
//! valid, so they are accepted. Sessions revoked before the backup stay revoked.

use std::sync::Arc;

use anyhow::{Result, bail};
use futures_util::future::try_join_all;

use crate::checker;
use crate::client::Client;
use crate::test_env::TestEnv;

const CLIENTS: usize = 6;
/// The most rotations that are lost.
const MOST_LOST: u64 = 5;

/// The restore signs no user out, and no revoked session in.
pub(crate) async fn run(env: Arc<TestEnv>) -> Result<()> {
    let instance = env.start().await?;
    let mut clients = Client::several(&env, instance.address(), CLIENTS).await?;
    let mut leaver = Client::register(&env, instance.address(), "leaver").await?;
    let copy = env.folder().join("copy.db");
    let mut left = Vec::new();
    for _ in 0..env.rounds {
        leaver.login(instance.address()).await?;
        if leaver.logout(instance.address()).await != Some(204) {
            bail!("logout does not work");
        }
        left.push(leaver.copied());
        instance.stop().await?;
        env.database.copy_to(&copy).await?;
        instance.restart().await?;
        try_join_all(clients.iter_mut().map(async |client| {
            for _ in 0..env.rng.below(MOST_LOST + 1) {
                client.refresh(|| instance.address()).await?;
            }
            anyhow::Ok(())
        }))
        .await?;
        instance.stop().await?;
        env.database.restore_from(&copy).await?;
        instance.restart().await?;
        try_join_all(clients.iter_mut().map(|client| client.refresh(|| instance.address())))
            .await?;
    }
    let recovered = env.log_lines(r#"event="recovered""#)?.len();
    if recovered == 0 {
        bail!("no client held a ticket from a lost future: the scenario was not exercised");
    }
    env.remark(format!("{recovered} refreshes were recovered from a lost future"));
    clients.append(&mut left);
    checker::check(&env, instance.address(), &mut clients).await
}
