//! The order of the gates, and the last of them: issuer, audience, time. It must not parse
//! anything itself, nor read a clock. Next: the gates in their order, from `compact.rs`.

use std::collections::BTreeSet;

use shared::NumericDate;

use crate::claims::{self, Claims};
use crate::compact::Compact;
use crate::{AccessToken, KeySet, Rejection, header, jws};

/// Verifies access tokens of one issuer, for the audiences this service answers to.
#[derive(Debug, Clone)]
pub struct Verifier {
    issuer: String,
    audiences: BTreeSet<String>,
    keys: KeySet,
    skew: Skew,
}

impl Verifier {
    /// Trusts `issuer` and `keys`, accepts a token for any of `audiences`, allows [`Skew::MAX`].
    ///
    /// With no audience, or no key, every token is refused.
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

    /// Allows the clocks of issuer and verifier to differ by `skew` instead.
    #[must_use]
    pub fn with_skew(self, skew: Skew) -> Self {
        Self { skew, ..self }
    }

    /// Verifies `unverified_token` as of `now`.
    ///
    /// # Errors
    /// The [`Rejection`] names the first rule the token breaks.
    pub fn verify(
        &self,
        unverified_token: &str,
        now: NumericDate,
    ) -> Result<AccessToken, Rejection> {
        self.verify_with(&self.keys, unverified_token, now)
    }

    /// The same with other keys than those it was made with: for whoever replaces them as it goes.
    ///
    /// # Errors
    /// As [`Verifier::verify`].
    pub fn verify_with(
        &self,
        keys: &KeySet,
        unverified_token: &str,
        now: NumericDate,
    ) -> Result<AccessToken, Rejection> {
        let unverified = Compact::parse(unverified_token)?;
        let kid = header::key_id(&unverified.header)?;
        // RFC 9068 section 4: the resource server MUST use the keys provided by the authorization
        // server. The header may choose among them and cannot add one.
        let key = keys.get(&kid).ok_or(Rejection::UnknownKey)?;
        jws::verify(unverified.signing_input, &unverified.signature, key)?;
        let claims = claims::read(&unverified.payload)?;
        self.check_parties(&claims.token)?;
        self.check_times(&claims, now)?;
        Ok(claims.token)
    }

    fn check_parties(&self, token: &AccessToken) -> Result<(), Rejection> {
        // RFC 9068 section 4: the issuer identifier MUST exactly match the value of `iss`.
        if token.iss != self.issuer {
            return Err(Rejection::WrongIssuer);
        }
        // RFC 9068 section 4: the token MUST be rejected if `aud` does not contain an identifier
        // of this resource server.
        if !token.aud.iter().any(|aud| self.audiences.contains(aud)) {
            return Err(Rejection::WrongAudience);
        }
        Ok(())
    }

    fn check_times(&self, claims: &Claims, now: NumericDate) -> Result<(), Rejection> {
        let Skew(skew) = self.skew;
        // RFC 7519 section 4.1.4: the current time MUST be before `exp`.
        if now >= claims.token.exp.plus(skew) {
            return Err(Rejection::Expired);
        }
        let latest = now.plus(skew);
        // RFC 7519 section 4.1.5: the current time MUST be after or equal to `nbf`.
        if claims.nbf.is_some_and(|nbf| nbf > latest) {
            return Err(Rejection::NotYetValid);
        }
        // RFC 7519 section 4.1.6 gives `iat` no MUST. A token from the future is the work of a
        // broken clock or of nobody we know, and would outlive the life it was meant to have.
        if claims.token.iat > latest {
            return Err(Rejection::IssuedInTheFuture);
        }
        Ok(())
    }
}

/// How far the clocks of issuer and verifier may differ: 0 to 10 seconds, never more.
///
/// A token lives that much longer than it says, so the bound is part of the security argument
/// (RFC 9068 section 4 tolerates minutes; Baton does not need them).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skew(i64);

impl Skew {
    /// No tolerance: for one clock that issues and verifies.
    pub const NONE: Self = Self(0);
    /// The default and the most there is: 10 seconds.
    pub const MAX: Self = Self(10);

    /// A skew of `seconds`, unless that is more than [`Skew::MAX`].
    #[must_use]
    pub fn from_seconds(seconds: u8) -> Option<Self> {
        let skew = Self(i64::from(seconds));
        (skew <= Self::MAX).then_some(skew)
    }
}

impl Default for Skew {
    fn default() -> Self {
        Self::MAX
    }
}
