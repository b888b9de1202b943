//! The issuer whose tokens the layer accepts: one with keys in memory, or a remote one.

use types::NumericDate;

use crate::{AccessToken, VerifyError, local};

#[derive(Debug, Clone)]
pub(super) enum Issuer {
    Local(local::Issuer),
    #[cfg(feature = "remote")]
    Remote(crate::remote::Issuer),
}

impl Issuer {
    pub(super) async fn verify(&self, unverified_token: &str) -> Result<AccessToken, VerifyError> {
        match self {
            Self::Local(issuer) => issuer.verify(unverified_token),
            #[cfg(feature = "remote")]
            Self::Remote(issuer) => issuer.verify(unverified_token).await,
        }
    }

    pub(super) fn now(&self) -> NumericDate {
        match self {
            Self::Local(issuer) => issuer.now(),
            #[cfg(feature = "remote")]
            Self::Remote(issuer) => issuer.now(),
        }
    }
}
