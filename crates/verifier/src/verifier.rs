//! The verification of a JWT: the order of the checks, and the last of them: issuer, audience, expiry. It must not
//! parse a token itself, nor read a clock. Next: the checks in their order, from `compact.rs`.

use std::collections::BTreeSet;

use types::NumericDate;

use crate::claims;
use crate::compact::Compact;
use crate::header::{self, ACCESS_TOKEN_TYPE, STATUS_LIST_TYPE};
use crate::status_list::{self, StatusListToken};
use crate::{AccessToken, KeySet, Rejection, jws};

/// Far above any access token of Baton's.
pub(crate) const MAX_ACCESS_TOKEN_BYTES: usize = 8 * 1024;
/// Room for the largest status list, even uncompressed.
const MAX_STATUS_LIST_TOKEN_BYTES: usize = 8 * 1024 * 1024;

/// Verifies access tokens of one issuer, for the audiences this service answers to.
#[derive(Debug, Clone)]
pub struct Verifier {
    issuer: String,
    audiences: BTreeSet<String>,
    keys: KeySet,
    skew: Skew,
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

    /// The same with the caller's keys: for a client that caches the JWKS.
    ///
    /// # Errors
    /// The [`Rejection`] names the first rule the token breaks.
    pub fn verify_with(
        &self,
        keys: &KeySet,
        unverified_token: &str,
        now: NumericDate,
    ) -> Result<AccessToken, Rejection> {
        let claims = self.read(keys, unverified_token)?;
        check_times(self.skew, Some(claims.token.exp), claims.nbf, claims.token.iat, now)?;
        Ok(claims.token)
    }

    /// Verifies `unverified_token` as of when it was issued, or as of `now` if that is earlier: it may have expired
    /// since. That is enough for logout or revocation (RFC 7009) only: **never authorize a call by it**.
    ///
    /// # Errors
    /// The [`Rejection`] names the first rule the token breaks.
    pub fn verify_expired_or_not(
        &self,
        keys: &KeySet,
        unverified_token: &str,
        now: NumericDate,
    ) -> Result<AccessToken, Rejection> {
        let claims = self.read(keys, unverified_token)?;
        let AccessToken { exp, iat, .. } = claims.token;
        check_times(self.skew, Some(exp), claims.nbf, iat, now.min(iat))?;
        Ok(claims.token)
    }

    /// Verifies a status list token (Token Status List section 5.1) that was fetched from `uri`, under the same rules
    /// as an access token.
    ///
    /// # Errors
    /// The [`Rejection`] names the first rule it breaks. The status of every token is then unknown.
    pub fn verify_status_list(
        &self,
        keys: &KeySet,
        uri: &str,
        unverified_token: &str,
        now: NumericDate,
    ) -> Result<StatusListToken, Rejection> {
        let unverified = Compact::parse(unverified_token, MAX_STATUS_LIST_TOKEN_BYTES)?;
        check_signature(keys, &unverified, STATUS_LIST_TYPE)?;
        let claims = status_list::token::read(&unverified.payload)?;
        // Section 5.1 does not require `iss`. If present, it must be the trusted issuer.
        if claims.iss.is_some_and(|iss| iss != self.issuer) {
            return Err(Rejection::WrongIssuer);
        }
        // Section 8.3: `sub` MUST be equal to the `uri` of the token that refers to the list.
        if claims.token.sub != uri {
            return Err(Rejection::WrongSubject);
        }
        check_times(self.skew, claims.token.exp, claims.nbf, claims.token.iat, now)?;
        Ok(claims.token)
    }

    /// The trusted issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The permitted clock skew.
    #[must_use]
    pub const fn skew(&self) -> Skew {
        self.skew
    }

    /// Verifies all but the times.
    fn read(&self, keys: &KeySet, unverified_token: &str) -> Result<claims::Claims, Rejection> {
        let unverified = Compact::parse(unverified_token, MAX_ACCESS_TOKEN_BYTES)?;
        check_signature(keys, &unverified, ACCESS_TOKEN_TYPE)?;
        let claims = claims::read(&unverified.payload)?;
        self.check_parties(&claims.token)?;
        Ok(claims)
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
}

/// RFC 7519 sections 4.1.4 to 4.1.6, with a clock skew.
pub(crate) fn check_times(
    Skew(skew): Skew,
    exp: Option<NumericDate>,
    nbf: Option<NumericDate>,
    iat: NumericDate,
    now: NumericDate,
) -> Result<(), Rejection> {
    // RFC 7519 section 4.1.4: the current time MUST be before `exp`.
    if exp.is_some_and(|exp| now >= exp.plus(skew)) {
        return Err(Rejection::Expired);
    }
    let latest = now.plus(skew);
    // RFC 7519 section 4.1.5: the current time MUST be after or equal to `nbf`.
    if nbf.is_some_and(|nbf| nbf > latest) {
        return Err(Rejection::NotYetValid);
    }
    // RFC 7519 section 4.1.6 has no MUST for `iat`. A token from the future comes from a wrong clock or another
    // issuer, and would outlive its intended lifetime.
    if iat > latest {
        return Err(Rejection::IssuedInTheFuture);
    }
    Ok(())
}

/// The checks before a claim is parsed.
fn check_signature(keys: &KeySet, unverified: &Compact<'_>, typ: &str) -> Result<(), Rejection> {
    let kid = header::key_id(&unverified.header, typ)?;
    // RFC 9068 section 4: the resource server MUST use the keys provided by the authorization server. The header may
    // select one of them and cannot add one.
    let key = keys.get(&kid).ok_or(Rejection::UnknownKey)?;
    jws::verify(unverified.signing_input, &unverified.signature, key)
}

/// The clock skew between issuer and verifier: 0 to 10 seconds, never more.
///
/// It extends the lifetime of each token, so the bound is part of the security argument (RFC 9068 section 4 tolerates
/// minutes; Baton does not need them).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skew(i64);

impl Skew {
    /// No tolerance: one clock issues and verifies.
    pub const NONE: Self = Self(0);
    /// The default and the maximum: 10 seconds.
    pub const MAX: Self = Self(10);

    /// The skew in seconds.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0
    }

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
