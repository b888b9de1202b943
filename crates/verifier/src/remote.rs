//! The issuer, known by its URL alone (feature `remote`): caches its JWKS and status lists, and revalidates them. It
//! must not judge a token itself; that is [`Verifier`], which stays pure.
//!
//! One pure function, in `remote/decide.rs`, says what is fresh or stale; `remote/cache.rs` fetches;
//! `remote/address.rs` says which addresses are allowed.
//!
//! | case | result of a call |
//! | --- | --- |
//! | normal | its verdict, from the cache |
//! | cached keys or a cached list in the last quarter of their freshness | its verdict, from the cache; revalidated in the background |
//! | no call for longer than they are fresh | its verdict, after one fetch that all callers share |
//! | a token names an unknown key | at most one fetch every 10 s, under any load; then the rejection |
//! | the issuer is down, slow or answers garbage | its verdict, by the last good keys, for an hour ([`Options::outage_limit`]), and the last good list, until that expires; a call after three quiet seconds waits for one fetch of each, with a timeout of 3 s |
//! | a cache on the way serves what it has beyond its `max-age` | the same; a call waits for one fetch each second, and the hour counts from the issuer's own answer |
//! | the outage lasts longer, or began before the first fetch | [`Unavailable`]: never an unverified token |
//!
//! Each status list that a token refers to is cached on its own; where one fails, its tokens alone are concerned. A
//! list that has not changed is not sent again.
//!
//! The issuer revokes a key in an emergency by publishing a JWKS without it: a service that can reach the issuer
//! accepts that key for at most 300 seconds more.

mod address;
mod cache;
mod clock;
mod decide;
mod failure;
mod fetch;
mod keys;
mod lists;
mod options;

use std::sync::Arc;

use types::NumericDate;

use crate::{AccessToken, KeySet, Rejection, Status, Verifier};
pub use crate::{Unavailable, VerifyError};

use self::address::Address;
use self::cache::Cache;
use self::clock::Clock;
pub use self::failure::IssuerError;
use self::fetch::HttpClient;
use self::keys::KeySource;
use self::lists::Lists;
pub use self::options::Options;

/// An issuer of access tokens, with its cached keys and status lists. Clones share the cache: make one for each
/// issuer and reuse it.
#[derive(Clone)]
pub struct Issuer(Arc<Inner>);

struct Inner {
    verifier: Verifier,
    options: Options,
    keys: Cache<KeySource>,
    lists: Lists,
}

impl Issuer {
    /// The issuer at the URL `issuer`, spelled as in the claim `iss`, for a service that answers to any of
    /// `audiences`. Makes no request yet.
    ///
    /// # Errors
    /// [`IssuerError`] if `issuer` is not an allowed URL: https, or http on this machine.
    pub fn new(
        issuer: &str,
        audiences: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Self, IssuerError> {
        Self::with(issuer, audiences, Options::default())
    }

    /// The same with other [`Options`].
    ///
    /// # Errors
    /// As [`Issuer::new`].
    pub fn with(
        issuer: &str,
        audiences: impl IntoIterator<Item = impl Into<String>>,
        options: Options,
    ) -> Result<Self, IssuerError> {
        let address = Address::parse(issuer)?;
        let http = Arc::new(HttpClient::new());
        let keys = KeySource::new(issuer, &address, &http, options.outage_limit)?;
        let keys = Cache::new(keys, Clock::new(&options));
        let verifier = Verifier::new(issuer, audiences, KeySet::default()).with_skew(options.skew);
        let lists = Lists::new(http, verifier.clone(), keys.clone(), options.clone());
        Ok(Self(Arc::new(Inner { verifier, options, keys, lists })))
    }

    /// Verifies `unverified_token`, and that its session is not revoked.
    ///
    /// # Errors
    /// [`VerifyError::Rejected`] if the token is not valid, [`VerifyError::Unavailable`] if that cannot be decided
    /// now.
    pub async fn verify(&self, unverified_token: &str) -> Result<AccessToken, VerifyError> {
        let token = self.verify_signed(unverified_token).await?;
        self.check_status(&token).await?;
        Ok(token)
    }

    /// Whether a token could be verified now: for a service's readiness probe, and to fetch the keys before the first
    /// call needs them.
    ///
    /// # Errors
    /// [`Unavailable::Keys`] if there are no keys, or they are too stale.
    pub async fn ready(&self) -> Result<(), Unavailable> {
        self.0.keys.get().await.map(|_| ()).ok_or(Unavailable::Keys)
    }

    /// The present instant, by the clock that judges tokens.
    #[must_use]
    pub fn now(&self) -> NumericDate {
        self.0.options.now()
    }

    async fn verify_signed(&self, unverified_token: &str) -> Result<AccessToken, VerifyError> {
        let verify =
            |keys: &KeySet| self.0.verifier.verify_with(keys, unverified_token, self.now());
        // With an empty key set, the verifier judges every rule that comes before the signature: a malformed token
        // costs no request.
        match verify(&KeySet::default()) {
            Err(Rejection::UnknownKey) => {}
            verdict => return Ok(verdict?),
        }
        let cached = self.0.keys.get().await.ok_or(Unavailable::Keys)?;
        match verify(&cached.set) {
            // A key may be newer than the cache. If the fetch fails, the token is rejected like any other with an
            // unknown key: an attacker with garbage tokens must not be able to make this service answer 503.
            Err(Rejection::UnknownKey) => match self.0.keys.newer_than(&cached).await {
                Some(newer) => Ok(verify(&newer.set)?),
                None => Err(Rejection::UnknownKey.into()),
            },
            verdict => Ok(verdict?),
        }
    }

    async fn check_status(&self, token: &AccessToken) -> Result<(), VerifyError> {
        let Some(reference) = &token.status else { return Ok(()) };
        let cached =
            self.0.lists.get(&reference.uri)?.get().await.ok_or(Unavailable::StatusList)?;
        // Token Status List section 8.3: fail if the index is out of bound of the list.
        match cached.token.list.get(reference.idx).ok_or(Rejection::NotInStatusList)? {
            Status::Valid => Ok(()),
            Status::Invalid | Status::Suspended | Status::Other(_) => {
                Err(Rejection::Revoked.into())
            }
        }
    }
}

impl std::fmt::Debug for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Issuer").field(&self.0.verifier.issuer()).finish_non_exhaustive()
    }
}
