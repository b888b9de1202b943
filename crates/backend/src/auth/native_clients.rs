//! Native clients: programs that log users in without cookies, such as mobile apps and scripts. Each is a public
//! client (RFC 6749 section 2.1, RFC 8252 section 8.4) that an operator has registered: its id is no credential. The
//! sessions that it begins belong to it, and no other client can refresh them
//! ([`Tickets`](crate::auth::session::tickets::Tickets)).

use std::collections::BTreeMap;
use std::sync::Arc;

use shared::{NumericDate, RevocationReason, Secret};

use super::account::rules;
use super::error::AuthError;
use super::introspection::is_id;
use super::rate_limit::admission::Admission;
use super::request_context::RequestContext;
use super::revocation::bulk_revocation::{Progress, revoke_in_parts};
use super::security_event_log::SecurityEventLog;
use super::token::access_token::CLIENT_ID;
use crate::store::{AccountTag, Change, NativeClient, PartScope, Session, Store, StoreError};

/// Why a native client cannot be added. The text says how to mend it.
#[derive(Debug, thiserror::Error)]
pub enum NativeClientError {
    /// The id is empty, too long, or has another character.
    #[error("{0:?} is no id of a client: use 1 to 64 of a-z, 0-9 and -")]
    Id(String),
    /// The name breaks the rule for names.
    #[error("--name: {0}")]
    Name(String),
    /// Another client has this id, or a service, or the site's own client (RFC 6749 section 2.2: ids are unique).
    #[error("the id {0:?} is taken: `baton clients list` and `baton services list` show by which")]
    Taken(String),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Adds a native client.
///
/// # Errors
/// If the id or the name is not valid, or the id is taken.
pub async fn add_client(
    store: &dyn Store,
    id: &str,
    name: Option<&str>,
    now: NumericDate,
) -> Result<NativeClient, NativeClientError> {
    if !is_id(id) {
        return Err(NativeClientError::Id(id.to_owned()));
    }
    let name = rules::name(name).map_err(|error| NativeClientError::Name(error.message))?;
    let client = NativeClient { id: id.to_owned(), name, created_at: now };
    let add = Change::AddClient(Box::new(client.clone()));
    let is_taken = id == CLIENT_ID || store.find_service(id).await?.is_some();
    if is_taken || !store.commit(add, Vec::new()).await?.took_place() {
        return Err(NativeClientError::Taken(id.to_owned()));
    }
    tracing::info!(event = "client.added", id);
    Ok(client)
}

/// Removes a native client: from now on its logins and refreshes are refused. `false` if there is none.
///
/// # Errors
/// If storage fails.
pub async fn remove_client(store: &dyn Store, id: &str) -> Result<bool, StoreError> {
    let removed = store.commit(Change::RemoveClient(id.to_owned()), Vec::new()).await?;
    if removed.took_place() {
        tracing::info!(event = "client.removed", id);
    }
    Ok(removed.took_place())
}

/// Revokes the sessions of a native client that was removed, in parts. Returns how many.
///
/// # Errors
/// As [`revoke_in_parts`].
pub async fn revoke_sessions_of(
    event_log: &SecurityEventLog,
    id: &str,
    progress: Progress<'_>,
) -> Result<u64, StoreError> {
    let scope = PartScope::Client(id.to_owned());
    revoke_in_parts(event_log, &scope, RevocationReason::Administrator, progress).await
}

/// The names of native clients, by id.
pub type ClientNames = BTreeMap<String, String>;

/// The names of the native clients that these sessions belong to. A client that was removed has none.
///
/// # Errors
/// If storage fails.
pub async fn client_names(
    store: &dyn Store,
    sessions: &[Session],
) -> Result<ClientNames, StoreError> {
    // Most users have no such session, and cause no query.
    if sessions.iter().all(|session| session.client_id.is_none()) {
        return Ok(ClientNames::new());
    }
    let named = |client: NativeClient| Some((client.id, client.name?));
    Ok(store.clients().await?.into_iter().filter_map(named).collect())
}

/// Identifies native clients.
pub struct NativeClients {
    /// The store of clients.
    pub store: Arc<dyn Store>,
    /// The rate limits.
    pub admission: Admission,
}

impl NativeClients {
    /// The context of a refresh that names this client. The look-up counts against the rate limit of the network, and
    /// is given back unless there is no such client: an outage must not use the limit up.
    ///
    /// # Errors
    /// [`AuthError::InvalidClient`] if there is none; [`AuthError::RateLimited`]; or if storage fails.
    pub async fn identify(
        &self,
        client_id: &str,
        presented: &Secret,
        context: RequestContext,
    ) -> Result<RequestContext, AuthError> {
        let context = named(client_id, context)?;
        // A ticket that was refused a moment ago is refused again before the client is read.
        let ticket = AccountTag::of_ticket(presented);
        self.admission.admit_ticket(ticket, &context.client).await?;
        let known = known(&*self.store, client_id).await;
        if !matches!(known, Err(AuthError::InvalidClient)) {
            self.admission.give_back_unverified(&context.client);
        }
        known.map(|()| context)
    }
}

/// The context of a request that names this client, which has to be looked up yet.
///
/// # Errors
/// [`AuthError::InvalidClient`] if no client can have this id; PostgreSQL would fail to read some.
pub fn named(client_id: &str, context: RequestContext) -> Result<RequestContext, AuthError> {
    if !is_id(client_id) {
        return Err(client_refused(None));
    }
    Ok(RequestContext { client_id: Some(client_id.to_owned()), ..context })
}

/// Looks a native client up. Limits come first.
///
/// # Errors
/// [`AuthError::InvalidClient`] if there is none; or if storage fails.
pub(in crate::auth) async fn known(store: &dyn Store, client_id: &str) -> Result<(), AuthError> {
    match store.find_client(client_id).await? {
        Some(_) => Ok(()),
        None => Err(client_refused(Some(client_id))),
    }
}

/// Logs a refused client. The id is the caller's choice, in the characters of ids.
pub fn client_refused(presented: Option<&str>) -> AuthError {
    tracing::warn!(event = "client_refused", client_id = presented);
    AuthError::InvalidClient
}
