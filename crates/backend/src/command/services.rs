//! `baton services`: what it prints. It must not hold a rule; those are in
//! [`auth::services`](crate::auth::services).

use super::table::instant;
use super::{open_store, say};
use crate::auth::services::add_service;
use crate::clock::Clock;
use crate::config::{AddServiceArgs, DatabaseArgs, ServiceArgs, ServicesCommand};
use crate::entropy::Entropy;
use crate::store::{Change, Service};

pub(super) async fn services(command: ServicesCommand) -> anyhow::Result<()> {
    match command {
        ServicesCommand::Add(args) => add(&args).await,
        ServicesCommand::List(args) => list(&args).await,
        ServicesCommand::Remove(args) => remove(&args).await,
    }
}

/// The secret stands alone on standard output, so that a script can take it.
async fn add(AddServiceArgs { database, id, audience }: &AddServiceArgs) -> anyhow::Result<()> {
    let store = open_store(&database.database).await?;
    let door = (&*store, &Entropy::system());
    let added = add_service(door, id, audience, Clock::system().now()).await;
    store.close().await;
    say(added?.expose())
}

async fn list(args: &DatabaseArgs) -> anyhow::Result<()> {
    let store = open_store(&args.database).await?;
    let services = store.services().await?;
    store.close().await;
    for Service { id, audience, created_at, .. } in services {
        say(&format!("{id:<24}  {}  {audience}", instant(created_at)))?;
    }
    Ok(())
}

async fn remove(ServiceArgs { database, id }: &ServiceArgs) -> anyhow::Result<()> {
    let store = open_store(&database.database).await?;
    let removed = store.commit(Change::RemoveService(id.clone()), Vec::new()).await;
    store.close().await;
    anyhow::ensure!(
        removed?.took_place(),
        "no service has the id {id:?}: `baton services list` shows all"
    );
    tracing::info!(event = "service.removed", id);
    say(&format!("removed {id}: it may ask no more"))
}
