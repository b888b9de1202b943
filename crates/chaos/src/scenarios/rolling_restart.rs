//! A deployment: two instances behind a proxy are told to stop and started again, in turn, while 50
//! clients are at work. Calls may fail; each heals when it is tried again with the same key.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Result, bail};

use crate::checker;
use crate::client::Client;
use crate::load::{Load, Road};
use crate::proxy::{Manner, Proxy};
use crate::stage::Stage;

const CLIENTS: usize = 50;

/// Nobody is signed out by a deployment.
pub(crate) async fn play(stage: Arc<Stage>) -> Result<()> {
    let instances = Arc::new([stage.start().await?, stage.start().await?]);
    let clients = Client::several(&stage, instances[0].address(), CLIENTS).await?;
    let proxy = {
        let (instances, turn) = (Arc::clone(&instances), AtomicUsize::new(0));
        // It does not look whether anybody is there: the worst balancer there is.
        let road = move || instances[turn.fetch_add(1, Ordering::Relaxed) % 2].address();
        Proxy::start(Arc::new(road), Manner::Honest).await?
    };
    let address = proxy.address();
    let before = stage.tally.transient.load(Ordering::Relaxed);
    let mut load = Load::start(clients, |_| -> Road { Arc::new(move || address) });
    for _ in 0..stage.rounds {
        for instance in instances.iter() {
            load.all_advance().await?;
            instance.stop().await?;
            instance.restart().await?;
        }
    }
    load.all_advance().await?;
    let mut clients = load.finish().await?;
    let failed = stage.tally.transient.load(Ordering::Relaxed) - before;
    if failed == 0 {
        bail!("nobody noticed the restarts: the story was not told");
    }
    stage.remark(format!("{failed} refreshes failed for a moment; all healed"));
    checker::check(&stage, instances[1].address(), &mut clients).await
}
