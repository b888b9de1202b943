//! `baton services`: consent and output. The rules are in [`auth::introspection`](crate::auth::introspection).

use anyhow::Context as _;

use super::consent;
use super::database::{clock_of, with_database};
use super::output::say;
use super::table::instant;
use crate::auth::introspection::add_service;
use crate::config::{AddServiceArgs, DatabaseArgs, RemoveServiceArgs, ServicesCommand};
use crate::entropy::Entropy;
use crate::store::{Change, Service};

pub(super) async fn services(command: ServicesCommand) -> anyhow::Result<()> {
    match command {
        ServicesCommand::Add(args) => add(&args).await,
        ServicesCommand::List(args) => list(&args).await,
        ServicesCommand::Remove(args) => remove(&args).await,
    }
}

/// The secret stands alone on standard output, so that a script can read it.
async fn add(AddServiceArgs { database, id, audience }: &AddServiceArgs) -> anyhow::Result<()> {
    with_database(database, async |database| {
        let now = clock_of(&*database.store).await?.now();
        let secret = add_service(&*database.store, &Entropy::system(), id, audience, now).await?;
        say(secret.expose())
    })
    .await
}

async fn list(args: &DatabaseArgs) -> anyhow::Result<()> {
    with_database(args, async |database| {
        for Service { id, audience, created_at, .. } in database.store.services().await? {
            say(&format!("{id:<24}  {}  {audience}", instant(created_at)))?;
        }
        Ok(())
    })
    .await
}

async fn remove(args: &RemoveServiceArgs) -> anyhow::Result<()> {
    let RemoveServiceArgs { database, id, consent } = args;
    with_database(database, async |database| {
        let unknown = || format!("no service has the id {id:?}: `baton services list` shows all");
        database.store.find_service(id).await?.with_context(unknown)?;
        let what = format!("removes the service {id:?} in {}: its secret is lost", database.name);
        consent::ask(consent, &what)?;
        let remove = Change::RemoveService(id.clone());
        let removed = database.store.commit(remove, Vec::new()).await?;
        anyhow::ensure!(removed.took_place(), "{}", unknown());
        tracing::info!(event = "service.removed", id);
        say(&format!("removed {id}: it may ask no more"))
    })
    .await
}
