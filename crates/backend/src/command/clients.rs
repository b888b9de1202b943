//! `baton clients`: consent and output. The rules are in [`auth::native_clients`](crate::auth::native_clients).

use std::sync::Arc;

use anyhow::Context as _;
use shared::path;

use super::administration::administration_of;
use super::consent;
use super::database::{clock_of, with_database};
use super::output::say;
use super::progress::Progress;
use super::table::instant;
use crate::auth::native_clients::{add_client, remove_client, revoke_sessions_of};
use crate::config::{AddClientArgs, ClientsCommand, DatabaseArgs, RemoveClientArgs};
use crate::store::{NativeClient, Store};

pub(super) async fn clients(command: ClientsCommand) -> anyhow::Result<()> {
    match command {
        ClientsCommand::Add(args) => add(&args).await,
        ClientsCommand::List(args) => list(&args).await,
        ClientsCommand::Remove(args) => remove(&args).await,
    }
}

async fn add(AddClientArgs { database, id, name }: &AddClientArgs) -> anyhow::Result<()> {
    with_database(database, async |database| {
        let now = clock_of(&*database.store).await?.now();
        add_client(&*database.store, id, name.as_deref(), now).await?;
        say(&format!("added {id}: it may log users in at {}", path::NATIVE_LOGIN))
    })
    .await
}

async fn list(args: &DatabaseArgs) -> anyhow::Result<()> {
    with_database(args, async |database| {
        for NativeClient { id, name, created_at } in database.store.clients().await? {
            let name = name.unwrap_or_default();
            say(format!("{id:<24}  {}  {name}", instant(created_at)).trim_end())?;
        }
        Ok(())
    })
    .await
}

async fn remove(
    RemoveClientArgs { database, id, consent }: &RemoveClientArgs,
) -> anyhow::Result<()> {
    with_database(database, async |database| {
        let unknown = || format!("no native client has the id {id:?}: `baton clients list` shows all");
        let mut known = database.store.clients().await?.into_iter();
        if !known.any(|client| client.id == *id) {
            // A removal that stopped has left sessions: they can only be those of a client that was.
            let sessions = revoke_sessions(&database.store, id).await?;
            anyhow::ensure!(sessions > 0, "{}", unknown());
            return say(&format!("{id} was removed before; revoked {sessions} sessions"));
        }
        let name = &database.name;
        consent::ask(
            consent,
            &format!("removes the native client {id:?} in {name} and revokes its sessions: its users have to log in again"),
        )?;
        // Another removal may have been faster.
        remove_client(&*database.store, id).await?;
        let sessions = revoke_sessions(&database.store, id).await?;
        say(&format!("removed {id}, and revoked {sessions} sessions"))
    })
    .await
}

/// Revokes the sessions of a client that is removed.
async fn revoke_sessions(store: &Arc<dyn Store>, id: &str) -> anyhow::Result<u64> {
    let mut revoked = Progress::default();
    let mut progress = |sessions| revoked.so_far(sessions);
    let event_log = administration_of(store).await?.event_log;
    let sessions = revoke_sessions_of(&event_log, id, &mut progress).await;
    sessions.with_context(|| revoked.stopped_after_removal())
}
