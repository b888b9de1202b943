//! `baton users` and `baton sessions`: input, consent, output. Lists have one line per entry, in fixed columns. The
//! rules are in [`auth::account::administration`](crate::auth::account::administration).

use std::sync::Arc;

use anyhow::Context as _;
use rotation::Policy;
use shared::body::RegisterRequest;

use super::database::{clock_of, with_database};
use super::output::say;
use super::progress::Progress;
use super::table::instant;
use super::{consent, password};
use crate::auth::AuthError;
use crate::auth::account::administration::Administration;
use crate::auth::login::password_hasher::PasswordHasher;
use crate::auth::revocation::revocation_cache::RevocationCache;
use crate::auth::security_event_log::SecurityEventLog;
use crate::config::{
    AddUserArgs, DatabaseArgs, ListSessionsArgs, RevokeSessionsArgs, SessionsCommand, UsersCommand,
};
use crate::entropy::Entropy;
use crate::store::{Database, Session, Store, User};

pub(super) async fn users(command: UsersCommand) -> anyhow::Result<()> {
    match command {
        UsersCommand::Add(args) => add(args).await,
        UsersCommand::List(args) => {
            with_database(&args, async |Database { store, .. }| {
                of_each_user(&**store, async |user| say(&line_of_user(user))).await
            })
            .await
        }
        UsersCommand::Disable(args) => {
            with_user(&args.database, &args.email, async |administration, user| {
                let mut revoked = Progress::default();
                let mut progress = |sessions| revoked.so_far(sessions);
                let done = administration.disable(user, &mut progress).await;
                let revoked = done.with_context(|| revoked.stopped_disabling())?;
                say(&format!("disabled {}, and revoked {revoked} sessions", user.email.as_str()))
            })
            .await
        }
        UsersCommand::Enable(args) => {
            with_user(&args.database, &args.email, async |administration, user| {
                administration.enable(user).await?;
                say(&format!("enabled {}", user.email.as_str()))
            })
            .await
        }
    }
}

pub(super) async fn sessions(command: SessionsCommand) -> anyhow::Result<()> {
    match command {
        SessionsCommand::List(args) => list_sessions(&args).await,
        SessionsCommand::Revoke(args) => match &args.whose.user {
            Some(email) => {
                with_user(&args.database, email, async |administration, user| {
                    let mut revoked = Progress::default();
                    let mut progress = |sessions| revoked.so_far(sessions);
                    let done = administration.revoke_sessions(user, &mut progress).await;
                    let revoked = done.with_context(|| revoked.stopped())?;
                    say(&format!("revoked {revoked} sessions of {}", user.email.as_str()))
                })
                .await
            }
            None => revoke_everyones(&args).await,
        },
    }
}

async fn revoke_everyones(args: &RevokeSessionsArgs) -> anyhow::Result<()> {
    with_database(&args.database, async |database| {
        let what =
            format!("revokes all users' sessions in {}: all have to log in again", database.name);
        consent::ask(&args.consent, &what)?;
        let mut revoked = Progress::default();
        let mut progress = |sessions| revoked.so_far(sessions);
        let administration = administration_of(&database.store).await?;
        let all = administration.revoke_everyones(&mut progress).await;
        say(&format!("revoked {} sessions of all users", all.with_context(|| revoked.stopped())?))
    })
    .await
}

pub(super) async fn administration_of(store: &Arc<dyn Store>) -> anyhow::Result<Administration> {
    let clock = clock_of(&**store).await?;
    let (store, entropy) = (Arc::clone(store), Entropy::system());
    let hasher = PasswordHasher::new(1, entropy.clone());
    let revocations = Arc::new(RevocationCache::new(&clock));
    let event_log = SecurityEventLog::new(store, clock, entropy, revocations);
    Ok(Administration { event_log, hasher })
}

async fn with_user<T>(
    database: &DatabaseArgs,
    email: &str,
    work: impl AsyncFnOnce(&Administration, &User) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    with_database(database, async |database| {
        let administration = administration_of(&database.store).await?;
        let user = find(&administration, email).await?;
        work(&administration, &user).await
    })
    .await
}

async fn find(administration: &Administration, email: &str) -> anyhow::Result<User> {
    let found = administration.find(email).await?;
    found
        .with_context(|| format!("no user has the address {email:?}: `baton users list` shows all"))
}

async fn add(args: AddUserArgs) -> anyhow::Result<()> {
    let AddUserArgs { database, email, name } = args;
    with_database(&database, async |database| {
        let request = RegisterRequest { email, password: password::read()?, name };
        match administration_of(&database.store).await?.add_user(&request).await {
            Ok(user) => say(&format!("added {} as {}", user.email.as_str(), user.id)),
            Err(AuthError::Invalid(errors)) => {
                let errors =
                    errors.iter().map(|error| format!("{}: {}", error.field, error.message));
                anyhow::bail!("{}", errors.collect::<Vec<_>>().join(" "))
            }
            Err(AuthError::EmailTaken) => {
                anyhow::bail!(
                    "email: a user has this address already: `baton users list` shows which"
                )
            }
            Err(error) => Err(error.into()),
        }
    })
    .await
}

async fn of_each_user(
    store: &dyn Store,
    each: impl AsyncFn(&User) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let users = store.users(after).await?;
        let Some(last) = users.last() else { return Ok(()) };
        after = Some(last.id);
        for user in &users {
            each(user).await?;
        }
    }
}

fn line_of_user(user: &User) -> String {
    let User { id, email, name, created_at, disabled_at, .. } = user;
    let state = if disabled_at.is_some() { "disabled" } else { "enabled" };
    let since = instant(disabled_at.unwrap_or(*created_at));
    let (email, name) = (email.as_str(), name.as_deref().unwrap_or_default());
    format!("{id}  {state:<8}  {since}  {email:<32}  {name}").trim_end().to_owned()
}

async fn list_sessions(args: &ListSessionsArgs) -> anyhow::Result<()> {
    let policy = Policy::try_from(&args.life)?;
    with_database(&args.database, async |Database { store, .. }| {
        let administration = administration_of(store).await?;
        let each = async |user: &User| say_sessions(&administration, user, policy).await;
        match &args.whose.user {
            Some(email) => each(&find(&administration, email).await?).await,
            None => of_each_user(&**store, each).await,
        }
    })
    .await
}

async fn say_sessions(
    administration: &Administration,
    user: &User,
    policy: Policy,
) -> anyhow::Result<()> {
    let sessions = administration.event_log.store.sessions_of(user.id).await?;
    let now = administration.event_log.now();
    for session in sessions.iter().filter(|session| now < policy.expires_at(&session.family)) {
        say(&line_of_session(session, user, policy))?;
    }
    Ok(())
}

fn line_of_session(session: &Session, user: &User, policy: Policy) -> String {
    let Session { id, family, client, client_id, .. } = session;
    let (begun, seen) = (instant(family.created_at), instant(family.accepted_at));
    let expires = instant(policy.expires_at(family));
    let address = client.address.map_or_else(|| "-".to_owned(), |address| address.to_string());
    let (email, device) = (user.email.as_str(), &client.device);
    let native = client_id.as_ref().map(|id| format!("  {id}")).unwrap_or_default();
    format!("{id}  {begun}  {seen}  {expires}  {email:<32}  {address:<15}  {device}{native}")
}
