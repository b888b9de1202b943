//! Token introspection (RFC 7662): adds services, authenticates those that call, by client credentials, and answers
//! them.

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use shared::{NumericDate, Secret};
use verifier::AccessToken;

use crate::auth::deadline::within_deadline;
use crate::auth::error::AuthError;
use crate::auth::rate_limit::admission::Admission;
use crate::auth::session::callers::Callers;
use crate::entropy::Entropy;
use crate::store::{Change, ClientInfo, Service, Store};

/// The characters of an id: it is part of log lines, and precedes a colon in credentials.
const ID_BYTES: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789-";
const MAX_ID_BYTES: usize = 64;

/// Why a service cannot be added. The text says how to mend it.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The id is empty, too long, or has another character.
    #[error("{0:?} is no id of a service: use 1 to 64 of a-z, 0-9 and -")]
    Id(String),
    /// The audience is empty.
    #[error("--audience: say which audience the service answers to, as it stands in `aud`")]
    Audience,
    /// Another service has this id.
    #[error("there is a service {0:?} already: `baton services remove` it first")]
    Taken(String),
    /// A native client has this id (RFC 6749 section 2.2: ids are unique).
    #[error("there is a native client {0:?}: give the service another id")]
    TakenByClient(String),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
}

/// Adds a service. Its secret is shown once: 256 random bits, of which only a hash is stored. Brute force cannot
/// guess them, so the hash need not be slow.
///
/// # Errors
/// If the id or the audience is not valid, or the id is taken.
pub async fn add_service(
    store: &dyn Store,
    entropy: &Entropy,
    id: &str,
    audience: &str,
    now: NumericDate,
) -> Result<Secret, ServiceError> {
    if !is_id(id) {
        return Err(ServiceError::Id(id.to_owned()));
    }
    if audience.is_empty() {
        return Err(ServiceError::Audience);
    }
    if store.find_client(id).await?.is_some() {
        return Err(ServiceError::TakenByClient(id.to_owned()));
    }
    let secret = Secret::new(URL_SAFE_NO_PAD.encode(entropy.bytes::<32>()));
    let service = Service {
        id: id.to_owned(),
        audience: audience.to_owned(),
        secret_hash: hash(&secret),
        created_at: now,
    };
    let add = Change::AddService(Box::new(service));
    if !store.commit(add, Vec::new()).await?.took_place() {
        return Err(ServiceError::Taken(id.to_owned()));
    }
    tracing::info!(event = "service.added", id, audience);
    Ok(secret)
}

/// Logs refused client credentials. The id is the caller's choice, in the characters of ids.
pub fn service_refused(presented: Option<&str>) -> AuthError {
    tracing::warn!(event = "service_refused", service = presented);
    AuthError::InvalidClient
}

/// Whether an id of a service or a native client can be this text.
pub(in crate::auth) fn is_id(id: &str) -> bool {
    (1..=MAX_ID_BYTES).contains(&id.len()) && id.bytes().all(|byte| ID_BYTES.contains(&byte))
}

fn hash(secret: &Secret) -> [u8; 32] {
    Sha256::digest(secret.expose()).into()
}

/// An active access token.
pub struct Introspected {
    /// Its claims.
    pub token: AccessToken,
    /// The email address of its user, unless storage fails.
    pub username: Option<String>,
}

/// Authenticates services, and introspects tokens for them.
pub struct Services {
    /// The store of services.
    pub store: Arc<dyn Store>,
    /// Verifies the tokens that services present.
    pub callers: Arc<Callers>,
    /// The rate limits.
    pub admission: Admission,
}

impl Services {
    /// Authenticates a service by its credentials, within the rate limits of its network and its own.
    ///
    /// # Errors
    /// [`AuthError::InvalidClient`] if they are wrong; [`AuthError::RateLimited`] before the database is read.
    pub async fn authenticate(
        &self,
        id: &str,
        secret: &Secret,
        client: &ClientInfo,
    ) -> Result<Service, AuthError> {
        // A malformed id is no service's; PostgreSQL would fail to read some.
        if !is_id(id) {
            return Err(service_refused(None));
        }
        let authenticate = async {
            let service = self.store.find_service(id).await?;
            let presented = hash(secret);
            service
                .filter(|it| verify_slices_are_equal(&it.secret_hash, &presented).is_ok())
                .ok_or_else(|| service_refused(Some(id)))
        };
        self.admission.admit_service(id, client, authenticate).await
    }

    /// Introspects a token: the claims of an access token for this service that is valid, with an active session.
    /// `None` for any other token: a service must not learn the reason (RFC 7662 section 2.2).
    ///
    /// # Errors
    /// If that is unknown, because storage fails.
    pub async fn introspect(
        &self,
        service: &Service,
        unverified_token: &str,
    ) -> Result<Option<Introspected>, AuthError> {
        let token = match within_deadline(self.callers.verify_token(unverified_token)).await {
            Ok(token) => token.aud.contains(&service.audience).then_some(token),
            Err(AuthError::InvalidToken | AuthError::SessionRevoked(_)) => None,
            Err(error) => return Err(error),
        };
        let session = token.as_ref().map(|token| token.sid.to_string());
        tracing::info!(
            event = "introspected",
            service = service.id,
            active = token.is_some(),
            session
        );
        let Some(token) = token else { return Ok(None) };
        let username = self.callers.username(token.sid).await;
        Ok(Some(Introspected { token, username }))
    }
}
