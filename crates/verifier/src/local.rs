//! An issuer whose keys are in memory: for a server that issues access tokens and protects its own calls with them.
//! Keys and lists that are fetched: `remote`.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use types::NumericDate;

use crate::{AccessToken, KeySet, Rejection, Skew, Status, Unavailable, Verifier, VerifyError};

/// An issuer of access tokens, with its keys in memory. Clones share the keys.
///
/// ```
/// use verifier::{KeySet, NumericDate, Rejection, VerifyError};
/// use verifier::local::Issuer;
///
/// let now = || NumericDate(1_800_000_000);
/// let issuer = Issuer::new("https://baton.example", ["https://baton.example"], KeySet::default(), now);
/// assert_eq!(issuer.verify("no token"), Err(VerifyError::Rejected(Rejection::NotCompact)));
/// ```
#[derive(Clone)]
pub struct Issuer {
    verifier: Arc<Verifier>,
    keys: Arc<RwLock<Arc<KeySet>>>,
    now: Arc<dyn Fn() -> NumericDate + Send + Sync>,
    status_of: Option<Arc<StatusOf>>,
}

type StatusOf = dyn Fn(&AccessToken) -> Option<Status> + Send + Sync;

impl Issuer {
    /// Trusts `issuer` and `keys`, accepts a token for any of `audiences`, judges it by the clock `now`, and
    /// tolerates no clock skew: one clock issues and verifies. Several servers with a clock each need
    /// [`Issuer::skew`].
    pub fn new(
        issuer: impl Into<String>,
        audiences: impl IntoIterator<Item = impl Into<String>>,
        keys: KeySet,
        now: impl Fn() -> NumericDate + Send + Sync + 'static,
    ) -> Self {
        let verifier = Verifier::new(issuer, audiences, KeySet::default()).with_skew(Skew::NONE);
        Self {
            verifier: Arc::new(verifier),
            keys: Arc::new(RwLock::new(Arc::new(keys))),
            now: Arc::new(now),
            status_of: None,
        }
    }

    /// Sets the clock skew between the servers that issue and verify.
    #[must_use]
    pub fn skew(self, skew: Skew) -> Self {
        let verifier = Verifier::clone(&self.verifier).with_skew(skew);
        Self { verifier: Arc::new(verifier), ..self }
    }

    /// Looks up whether the session of a valid token is revoked. [`None`] means that it is unknown for now, and
    /// refuses the token with [`Unavailable::StatusList`].
    ///
    /// Without this look-up a revoked session's tokens work until they expire, and a token with a claim `status` is
    /// refused: an issuer that writes one promises a look-up.
    #[must_use]
    pub fn status(
        self,
        status_of: impl Fn(&AccessToken) -> Option<Status> + Send + Sync + 'static,
    ) -> Self {
        Self { status_of: Some(Arc::new(status_of)), ..self }
    }

    /// Replaces the keys, for this value and its clones: a key rotation, or a revoked key.
    pub fn replace_keys(&self, keys: KeySet) {
        // A poisoned lock is fine: the keys are replaced in one step.
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    /// Verifies `unverified_token`, and that its session is not revoked.
    ///
    /// # Errors
    /// [`VerifyError::Rejected`] if the token is not valid, [`VerifyError::Unavailable`] if the look-up of its status
    /// says that it is unknown.
    pub fn verify(&self, unverified_token: &str) -> Result<AccessToken, VerifyError> {
        let keys = Arc::clone(&*self.keys.read().unwrap_or_else(PoisonError::into_inner));
        let token = self.verifier.verify_with(&keys, unverified_token, self.now())?;
        let Some(status_of) = &self.status_of else {
            return match token.status {
                None => Ok(token),
                Some(_) => Err(Rejection::UnknownStatus.into()),
            };
        };
        match status_of(&token).ok_or(Unavailable::StatusList)? {
            Status::Valid => Ok(token),
            Status::Invalid | Status::Suspended | Status::Other(_) => {
                Err(Rejection::Revoked.into())
            }
        }
    }

    /// The present instant, by the clock that judges tokens.
    #[must_use]
    pub fn now(&self) -> NumericDate {
        (self.now)()
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Issuer").field(&self.verifier.issuer()).finish_non_exhaustive()
    }
}
