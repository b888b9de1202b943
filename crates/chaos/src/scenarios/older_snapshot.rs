//! An operator restores last night's copy. The clients hold tokens from a future that the database
//! has forgotten; their MACs are good, so they are let on. What was revoked before the copy was made
//! stays revoked.

use std::sync::Arc;

use anyhow::{Result, bail};
use futures_util::future::try_join_all;

use crate::checker;
use crate::client::Client;
use crate::stage::Stage;

const CLIENTS: usize = 6;
/// The most rotations that are lost.
const MOST_LOST: u64 = 5;

/// Nobody is signed out by the restore, and nobody is signed in by it.
pub(crate) async fn play(stage: Arc<Stage>) -> Result<()> {
    let instance = stage.start().await?;
    let mut clients = Client::several(&stage, instance.address(), CLIENTS).await?;
    let mut leaver = Client::register(&stage, instance.address(), "leaver").await?;
    let copy = stage.folder().join("copy.db");
    let mut left = Vec::new();
    for _ in 0..stage.rounds {
        leaver.login(instance.address()).await?;
        if leaver.logout(instance.address()).await != Some(204) {
            bail!("logout does not work");
        }
        left.push(leaver.copied());
        instance.stop().await?;
        stage.database.copy_to(&copy).await?;
        instance.restart().await?;
        try_join_all(clients.iter_mut().map(async |client| {
            for _ in 0..stage.chance.below(MOST_LOST + 1) {
                client.refresh(|| instance.address()).await?;
            }
            anyhow::Ok(())
        }))
        .await?;
        instance.stop().await?;
        stage.database.restore_from(&copy).await?;
        instance.restart().await?;
        try_join_all(clients.iter_mut().map(|client| client.refresh(|| instance.address())))
            .await?;
    }
    let recovered = stage.log_lines(r#"event="recovered""#)?.len();
    if recovered == 0 {
        bail!("nobody held a ticket from a lost future: the story was not told");
    }
    stage.remark(format!("{recovered} refreshes were recovered from a lost future"));
    clients.append(&mut left);
    checker::check(&stage, instance.address(), &mut clients).await
}
