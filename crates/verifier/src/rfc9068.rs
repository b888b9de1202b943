//! A verifier for any issuer of JWT access tokens that follows RFC 9068, for a service that does not stand behind a
//! Baton. It shares the strict form, the strict JSON and the checks of time with [`crate::Verifier`], the default,
//! which demands more of a token but for `cnf`, which no Baton issues. It is not lenient to issuers that do not
//! follow the RFC.
//!
//! It is **not** for
//!
//! - tokens whose `typ` is `JWT` or missing: the default of many products, some of which have a setting for RFC 9068.
//!   Such a token may be an ID token, or meant for another purpose;
//! - algorithms other than ES256, EdDSA (Ed25519), RS256 and PS256; RSA keys of fewer than 2,048 or more than 4,096
//!   bits; keys without `kid`, and tokens without one;
//! - opaque or encrypted tokens, which only the issuer can read: ask it (RFC 7662);
//! - sender-constrained tokens (`cnf`: RFC 8705, RFC 9449): accepted as bearer tokens, they would lose their
//!   protection;
//! - tokens with a claim `status`: their revocation would go unseen;
//! - instants with fractions of a second.
//!
//! ```
//! use serde::Deserialize;
//! use verifier::NumericDate;
//! use verifier::rfc9068::{Algorithm, KeySet, Verifier};
//!
//! #[derive(Deserialize)]
//! struct Own {
//!     groups: Vec<String>,
//! }
//!
//! let keys = KeySet::from_jwks(r#"{"keys": []}"#, &[Algorithm::Rs256])?;
//! let verifier = Verifier::new("https://login.example", ["https://api.example"], keys);
//! let now = NumericDate(1_800_000_000);
//! match verifier.verify::<Own>("a token", now) {
//!     Ok(token) => println!("{} is in {:?}", token.sub, token.own.groups),
//!     Err(rejection) => println!("401: {rejection}"),
//! }
//! # Ok::<(), verifier::KeyError>(())
//! ```

mod algorithm;
mod header;
mod keys;

use std::collections::BTreeSet;

use serde::de::{DeserializeOwned, IgnoredAny};
use types::NumericDate;

use crate::claims::audience;
use crate::compact::Compact;
use crate::members::{Members, instant, name, text};
use crate::verifier::{MAX_ACCESS_TOKEN_BYTES, check_times};
use crate::{Rejection, Skew};

pub use self::algorithm::Algorithm;
pub use self::keys::KeySet;

/// Verifies access tokens of one issuer, for the audiences this service answers to.
#[derive(Debug, Clone)]
pub struct Verifier {
    issuer: String,
    audiences: BTreeSet<String>,
    keys: KeySet,
    skew: Skew,
}

/// The claims of a verified access token (RFC 9068 section 2.2), and those of the service's own type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken<Own = IgnoredAny> {
    /// The issuer; equal to the one the verifier trusts.
    pub iss: String,
    /// The user, or the client itself (RFC 9068 section 5); unique within the issuer; at most 256 bytes.
    pub sub: String,
    /// The audience; at least one of them is this service.
    pub aud: Vec<String>,
    /// Its expiry.
    pub exp: NumericDate,
    /// When it was issued.
    pub iat: NumericDate,
    /// The id of this token; at most 256 bytes.
    pub jti: String,
    /// The client it was issued to; at most 256 bytes.
    pub client_id: String,
    /// When the user last authenticated, if the issuer says so.
    pub auth_time: Option<NumericDate>,
    /// The scopes it is limited to, if any: names separated by spaces (RFC 6749 section 3.3).
    pub scope: Option<String>,
    /// The claims that the service asks for.
    pub own: Own,
}

impl Verifier {
    /// Trusts `issuer` and `keys`, accepts a token for any of `audiences`, with a clock skew of [`Skew::MAX`].
    ///
    /// With no audience, or no key, every token is rejected.
    pub fn new(
        issuer: impl Into<String>,
        audiences: impl IntoIterator<Item = impl Into<String>>,
        keys: KeySet,
    ) -> Self {
        Self {
            issuer: issuer.into(),
            audiences: audiences.into_iter().map(Into::into).collect(),
            keys,
            skew: Skew::MAX,
        }
    }

    /// Sets the clock skew between issuer and verifier.
    #[must_use]
    pub fn with_skew(self, skew: Skew) -> Self {
        Self { skew, ..self }
    }

    /// Verifies `unverified_token` as of `now`, and reads the claims of the service's own type from its payload.
    /// [`IgnoredAny`] reads none.
    ///
    /// # Errors
    /// The [`Rejection`] names the first rule the token breaks.
    pub fn verify<Own: DeserializeOwned>(
        &self,
        unverified_token: &str,
        now: NumericDate,
    ) -> Result<AccessToken<Own>, Rejection> {
        let unverified = Compact::parse(unverified_token, MAX_ACCESS_TOKEN_BYTES)?;
        let named = header::read(&unverified.header)?;
        let key = self.keys.get(&named.kid).ok_or(Rejection::UnknownKey)?;
        // RFC 8725 section 3.1: each key MUST be used with exactly one algorithm, and this MUST be checked.
        if key.algorithm() != named.algorithm {
            return Err(Rejection::NotTheKeysAlgorithm);
        }
        key.verify(unverified.signing_input, &unverified.signature)?;
        let (token, nbf) = self.read(&unverified.payload)?;
        check_times(self.skew, Some(token.exp), nbf, token.iat, now)?;
        Ok(token)
    }

    /// Parses the payload of a token with a verified signature, and judges issuer and audience.
    fn read<Own: DeserializeOwned>(
        &self,
        signed_payload: &[u8],
    ) -> Result<(AccessToken<Own>, Option<NumericDate>), Rejection> {
        let mut members = Members::of_payload(signed_payload)?;
        if members.has("cnf") {
            return Err(Rejection::SenderConstrained);
        }
        if members.has("status") {
            return Err(Rejection::UnknownStatus);
        }
        let iss = members.required("iss", text)?;
        // RFC 9068 section 4: the issuer identifier MUST exactly match the value of `iss`.
        if iss != self.issuer {
            return Err(Rejection::WrongIssuer);
        }
        let aud = members.required("aud", audience)?;
        // RFC 9068 section 4: `aud` MUST contain an identifier of this resource server.
        if !aud.iter().any(|aud| self.audiences.contains(aud)) {
            return Err(Rejection::WrongAudience);
        }
        let token = AccessToken {
            iss,
            sub: members.required("sub", name)?,
            aud,
            exp: members.required("exp", instant)?,
            iat: members.required("iat", instant)?,
            jti: members.required("jti", name)?,
            client_id: members.required("client_id", name)?,
            auth_time: members.optional("auth_time", instant)?,
            scope: members.optional("scope", text)?,
            // Every member is unique by now, so this second reading sees the same ones.
            own: serde_json::from_slice(signed_payload).map_err(|_| Rejection::OwnClaims)?,
        };
        Ok((token, members.optional("nbf", instant)?))
    }
}
