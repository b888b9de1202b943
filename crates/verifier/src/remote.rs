//! An issuer that is asked over the network, by its URL and nothing else (feature `remote`). It keeps
//! the issuer's keys and status lists, and must not judge a token itself: that is
//! [`Verifier`], which is as pure here as anywhere.
//!
//! What is kept, and for how long, is decided by one pure function, in `remote/decide.rs`; when is
//! asked, and by whom, in `remote/cache.rs`; where may be asked at all, in `remote/address.rs`.
//!
//! | what happens | what a call gets |
//! | --- | --- |
//! | all is well | its answer, from memory |
//! | keys or a list in use grow old | its answer, from memory; they are fetched meanwhile |
//! | nobody called for longer than they are fresh | its answer, after one fetch that all callers share |
//! | a token names an unknown key | at most one fetch every 10 s, whatever is sent; then the refusal |
//! | the issuer is down, slow or talks garbage | its answer, by the last good keys, for an hour ([`Options::outage_limit`]), and the last good list, until that expires; who calls after three quiet seconds waits for one try at each, of 3 s at most |
//! | it stays so, or was so from the start | [`Unavailable`]: never a token that was not verified |
//!
//! The issuer retires a key in an emergency by publishing a set without it: nobody who can reach the
//! issuer accepts that key for more than 300 seconds from then on.

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

use shared::NumericDate;

use crate::{AccessToken, KeySet, Rejection, Status, Verifier};

use self::address::Address;
use self::cache::Cache;
use self::clock::Clock;
pub use self::failure::{IssuerError, Unavailable, VerifyError};
use self::fetch::HttpClient;
use self::keys::KeySource;
use self::lists::Lists;
pub use self::options::Options;

/// An issuer of access tokens, and what is known of it by now. Clones share what they know: make one
/// for each issuer and keep it.
#[derive(Clone)]
pub struct Issuer(Arc<Inner>);

struct Inner {
    verifier: Verifier,
    options: Options,
    keys: Cache<KeySource>,
    lists: Lists,
}

impl Issuer {
    /// The issuer at the URL `issuer`, as it stands in its tokens, for a service that answers to any
    /// of `audiences`. Asks nobody yet.
    ///
    /// # Errors
    /// [`IssuerError`] if `issuer` is no URL that may be asked: https, or http on this machine.
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
        let lists = Lists::new(address, http, verifier.clone(), keys.clone(), options.clone());
        Ok(Self(Arc::new(Inner { verifier, options, keys, lists })))
    }

    /// Verifies `unverified_token`, and that its session has not been ended since.
    ///
    /// # Errors
    /// [`VerifyError::Rejected`] if the token is not good, [`VerifyError::Unavailable`] if that
    /// cannot be known right now.
    pub async fn verify(&self, unverified_token: &str) -> Result<AccessToken, VerifyError> {
        let token = self.verify_signed(unverified_token).await?;
        self.check_status(&token).await?;
        Ok(token)
    }

    /// Whether a token could be verified right now: for a service's readiness, and to fetch the keys
    /// before the first call needs them.
    ///
    /// # Errors
    /// [`Unavailable::Keys`] if there are none, or none that may still be used.
    pub async fn ready(&self) -> Result<(), Unavailable> {
        self.0.keys.get().await.map(|_| ()).ok_or(Unavailable::Keys)
    }

    /// The present instant, by the clock that tokens are judged by.
    #[must_use]
    pub fn now(&self) -> NumericDate {
        self.0.options.now()
    }

    async fn verify_signed(&self, unverified_token: &str) -> Result<AccessToken, VerifyError> {
        let verify =
            |keys: &KeySet| self.0.verifier.verify_with(keys, unverified_token, self.now());
        // With no key at all, every rule that comes before the signature is judged: what is not even
        // well-formed costs no request.
        match verify(&KeySet::default()) {
            Err(Rejection::UnknownKey) => {}
            verdict => return Ok(verdict?),
        }
        let cached = self.0.keys.get().await.ok_or(Unavailable::Keys)?;
        match verify(&cached.set) {
            // A key may be newer than what we know. If asking fails, the token is refused like any
            // other with an unknown key: who sends garbage must not be able to make this service
            // look broken while it is not.
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
        match cached.list.get(reference.idx).ok_or(Rejection::NotInStatusList)? {
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
