//! The status list (draft-ietf-oauth-status-list): sessions that were revoked while an access token of theirs may be
//! valid, for services that verify offline.
//!
//! An index is a part of the session id ([`status_index`](crate::auth::revocation::status_index)). A revocation
//! leaves the list when the session's last access token has expired, so the list compresses well.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use serde::Serialize;
use shared::NumericDate;
use tokio::task::spawn_blocking;
use verifier::StatusList;

use super::access_token::AccessTokens;
use crate::auth::error::AuthError;
use crate::auth::revocation::revocation_cache::RevocationCache;
use crate::clock::tolerance::SLACK_SECONDS;
use crate::clock::{BootInstant, Clock};
use crate::keys::KeyRing;
use crate::keys::ring::TokenType;
use crate::lifetimes::Lifetimes;
use crate::single_flight::SingleFlight;
use crate::store::{Store, StoreError};

/// How long services may cache the list: with [`FRESH`], and the second in which revocations reach other instances,
/// less than the promised five seconds.
pub const TTL_SECONDS: i64 = 2;
/// The lifetime of a list (`exp`), should it not be renewed.
const LIFE_SECONDS: i64 = 300;
/// How long one list is served from the cache.
const FRESH: Duration = Duration::from_secs(1);
/// The timeout of making a list. What was read from the store until then need not be read again.
const LIST_TIME: Duration = Duration::from_millis(2_500);

/// The list as a signed token.
pub type Token = Arc<[u8]>;

/// Makes the list, in a single flight for all callers, and caches the latest one.
pub struct StatusLists {
    store: Arc<dyn Store>,
    clock: Clock,
    revocations: Arc<RevocationCache>,
    lifetimes: Arc<Lifetimes>,
    keys: Arc<KeyRing>,
    access_tokens: AccessTokens,
    latest: Mutex<Latest>,
    flights: SingleFlight<Token, AuthError>,
}

#[derive(Default)]
struct Latest {
    /// As old as the request that it answers; a cached failure is `None`, for as long as a list is served.
    token: Option<(BootInstant, Option<Token>)>,
    /// The compressed bits, and their version.
    lst: Option<(u64, Arc<str>)>,
}

impl StatusLists {
    /// The lists of the revocations in this cache, with an empty cache of lists.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Clock,
        revocations: Arc<RevocationCache>,
        lifetimes: Arc<Lifetimes>,
        keys: Arc<KeyRing>,
        access_tokens: AccessTokens,
    ) -> Self {
        let flights = SingleFlight::new(LIST_TIME, &clock);
        let latest = Mutex::default();
        Self { store, clock, revocations, lifetimes, keys, access_tokens, latest, flights }
    }

    /// The list as a signed token, at most a second old. Callers share a single flight; a failure is cached for a
    /// second, so that no caller waits for another one.
    ///
    /// # Errors
    /// If revocations cannot be read, because storage fails; or signing fails.
    pub async fn token(self: &Arc<Self>) -> Result<Token, AuthError> {
        if let Some(token) = self.given() {
            return token.ok_or(AuthError::Store(StoreError::TimedOut));
        }
        let lists = Arc::clone(self);
        let make = || async move {
            let clock = &lists.clock;
            let begun = clock.boot_instant();
            let token = lists.made().await;
            // A list is as old as its request, a failure as its answer.
            let at = if token.is_ok() { begun } else { clock.boot_instant() };
            lists.give(at, token.as_ref().ok().cloned());
            token
        };
        Ok(self.flights.run(FRESH, make).await?)
    }

    async fn made(self: &Arc<Self>) -> Result<Token, AuthError> {
        let now = self.clock.trusted_now()?;
        // The revoking instance may have had a slow clock.
        let life = self.lifetimes.in_force().access_token.saturating_add(SLACK_SECONDS);
        let since = now.plus(-life);
        if !self.revocations.is_complete() {
            self.revocations.catch_up(&*self.store, since, now).await?;
        }
        let lists = Arc::clone(self);
        // With a million revocations, compressing and signing take a while.
        let signed = spawn_blocking(move || lists.signed(since, now)).await;
        signed.map_err(|error| AuthError::Cryptography(error.to_string()))?
    }

    fn signed(&self, since: NumericDate, now: NumericDate) -> Result<Token, AuthError> {
        let lst = self.compressed_places(since);
        let uri = self.access_tokens.status_list_uri();
        // The shared clock: a service rejects a list that is older than one of another instance.
        let iat = self.clock.shared_now();
        let claims = Claims {
            iss: self.access_tokens.issuer(),
            sub: uri,
            iat,
            exp: iat.plus(LIFE_SECONDS),
            ttl: TTL_SECONDS,
            status_list: List { bits: 1, lst: &lst },
        };
        let ring = self.keys.current();
        let key = ring.signing(now)?;
        Ok(key.sign(TokenType::StatusList, &claims)?.into_bytes().into())
    }

    /// Cached until a bit changes. A single flight makes each list.
    fn compressed_places(&self, since: NumericDate) -> Arc<str> {
        let known = self.latest().lst.clone();
        let version = known.as_ref().map(|(version, _)| *version);
        match (self.revocations.listing(since, version), known) {
            ((_, None), Some((_, lst))) => lst,
            ((version, bits), _) => {
                let list = StatusList::of_bits(bits.unwrap_or_default());
                let lst: Arc<str> = list.expect("two megabytes are read").to_lst().into();
                self.latest().lst = Some((version, Arc::clone(&lst)));
                lst
            }
        }
    }

    /// The cached token or failure, while it is fresh.
    fn given(&self) -> Option<Option<Token>> {
        let (latest, now) = (self.latest(), self.clock.boot_instant());
        let token = latest.token.as_ref().filter(|(at, _)| now.since(*at) < FRESH);
        token.map(|(_, token)| token.clone())
    }

    fn give(&self, at: BootInstant, token: Option<Token>) {
        self.latest().token = Some((at, token));
    }

    fn latest(&self) -> MutexGuard<'_, Latest> {
        self.latest.lock()
    }
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    iat: NumericDate,
    exp: NumericDate,
    ttl: i64,
    status_list: List<'a>,
}

#[derive(Serialize)]
struct List<'a> {
    bits: u8,
    lst: &'a str,
}
