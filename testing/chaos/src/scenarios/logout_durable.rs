//! Durability of a revocation: the process is killed right after logout was answered with 204. (`kill -9` keeps what
//! the kernel holds for the disk; power loss is another test.)

use std::sync::Arc;

use anyhow::{Result, bail};
use futures_util::future::join_all;

use crate::checker;
use crate::client::Client;
use crate::load::Load;
use crate::route::route_to;
use crate::test_env::TestEnv;

const LEAVERS: usize = 4;
const OTHERS: usize = 4;

/// Every session whose logout was answered stays revoked; all others stay live.
pub(crate) async fn run(env: Arc<TestEnv>) -> Result<()> {
    let instance = Arc::new(env.start().await?);
    let mut clients = Client::several(&env, instance.address(), LEAVERS + OTHERS).await?;
    let others = clients.split_off(LEAVERS);
    let mut leavers = clients;
    let mut load = Load::start(others, |_| route_to(&instance));
    let mut left = Vec::new();
    for _ in 0..env.rounds {
        for leaver in &mut leavers {
            leaver.login(instance.address()).await?;
        }
        // The kill follows the last answer: a later write would be lost.
        let answers = join_all(leavers.iter_mut().map(|it| it.logout(instance.address()))).await;
        instance.kill();
        if answers.iter().any(|status| *status != Some(204)) {
            bail!("logout was answered {answers:?}");
        }
        instance.restart().await?;
        load.wait_for_progress().await?;
        left.extend(leavers.iter().map(Client::copied));
    }
    let mut clients = load.finish().await?;
    clients.append(&mut left);
    checker::check(&env, instance.address(), &mut clients).await
}
