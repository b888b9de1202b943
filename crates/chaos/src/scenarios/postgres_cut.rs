//! The connection to PostgreSQL is cut at the worst moment: the statement, or the COMMIT, has been
//! sent and carried out, and its answer never arrives. The program cannot know; it says 503, and the
//! same attempt is answered with what was committed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Result, bail};
use futures_util::future::try_join_all;

use crate::checker;
use crate::client::Client;
use crate::cluster::Cluster;
use crate::database::Database;
use crate::instance::Instance;
use crate::proxy::{Manner, Proxy};
use crate::stage::Stage;

const CLIENTS: usize = 4;
/// The latest message of the program's to the database that is cut after.
const LATEST: u64 = 12;

/// Whatever was cut, everybody's session goes on.
pub(crate) async fn play(stage: Arc<Stage>) -> Result<()> {
    let Database::Postgres { cluster, name } = &stage.database else {
        bail!("this story needs PostgreSQL");
    };
    let (countdown, upstream) = (Arc::new(AtomicU64::new(0)), cluster.address());
    let cut = Manner::CutAfterMessage(Arc::clone(&countdown));
    let proxy = Proxy::start(Arc::new(move || upstream), cut).await?;
    let mut launch = stage.launch();
    launch.database = Cluster::url_by(proxy.address(), name);
    let instance = Instance::start(launch).await?;
    let at = instance.address();
    let mut clients = Client::several(&stage, at, CLIENTS).await?;
    let mut cuts = 0_u64;
    for _ in 0..stage.rounds {
        countdown.store(1 + stage.chance.below(LATEST), Ordering::SeqCst);
        try_join_all(clients.iter_mut().map(|client| client.refresh(|| at))).await?;
        cuts += u64::from(countdown.swap(0, Ordering::SeqCst) == 0);
    }
    if cuts == 0 {
        bail!("no connection was cut");
    }
    stage.remark(format!("{cuts} connections were cut"));
    checker::check(&stage, at, &mut clients).await
}
