//! The demands of a service on a valid token: audience, scopes (RFC 6749), recent login (step-up, RFC 9470).

use std::borrow::Cow;

use types::NumericDate;

use super::refusal::Refusal;
use crate::{AccessToken, Rejection, Skew};

/// The demands of a handler, for [`BearerFor`](super::BearerFor). By default there are none.
///
/// An audience or a maximum age from the configuration belongs to [`RequireToken`](super::RequireToken) instead.
pub trait Demand {
    /// The token is for this audience as well.
    const AUDIENCE: Option<&'static str> = None;
    /// The token has each of these scopes (RFC 6749 section 3.3). A malformed scope, which no token could have, is a
    /// compile error where it is used (`cargo build` reports it, `cargo check` does not).
    const SCOPES: &'static [&'static str] = &[];
    /// The user has authenticated within so many seconds (RFC 9470).
    const RECENT_LOGIN_SECONDS: Option<u32> = None;
}

/// [`Demand`] as a value.
#[derive(Debug, Clone, Default)]
pub(super) struct Demands {
    pub(super) audiences: Vec<Cow<'static, str>>,
    pub(super) scopes: Vec<Cow<'static, str>>,
    pub(super) recent_login_seconds: Option<u32>,
}

impl Demands {
    pub(super) fn of<D: Demand>() -> Self {
        const { assert!(are_scopes(D::SCOPES), "one of SCOPES is not one scope") };
        Self {
            audiences: D::AUDIENCE.into_iter().map(Cow::Borrowed).collect(),
            scopes: D::SCOPES.iter().copied().map(Cow::Borrowed).collect(),
            recent_login_seconds: D::RECENT_LOGIN_SECONDS,
        }
    }

    /// Whether this valid token meets the demands at `now`.
    pub(super) fn check(&self, token: &AccessToken, now: NumericDate) -> Result<(), Refusal> {
        let is_for = |audience: &str| token.aud.iter().any(|named| named == audience);
        if !self.audiences.iter().all(|audience| is_for(audience)) {
            return Err(Rejection::WrongAudience.into());
        }
        // RFC 6749 section 3.3: a list of case-sensitive strings, separated by spaces.
        let granted: Vec<&str> = token.scope.as_deref().unwrap_or_default().split(' ').collect();
        if !self.scopes.iter().all(|scope| granted.contains(&scope.as_ref())) {
            return Err(Refusal::Scope(self.scopes.join(" ")));
        }
        let Some(max_age) = self.recent_login_seconds else {
            return Ok(());
        };
        // A login in the future, beyond the clock skew, is not a recent one.
        let recent = -Skew::MAX.seconds()..=i64::from(max_age);
        if !recent.contains(&now.since(token.auth_time)) {
            return Err(Refusal::StepUpRequired { max_age });
        }
        Ok(())
    }
}

/// RFC 6749 section 3.3: `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )`.
pub(super) const fn is_one_scope(scope: &str) -> bool {
    let mut rest = scope.as_bytes();
    while let [byte, after @ ..] = rest {
        if !byte.is_ascii_graphic() || *byte == b'"' || *byte == b'\\' {
            return false;
        }
        rest = after;
    }
    !scope.is_empty()
}

const fn are_scopes(scopes: &[&str]) -> bool {
    let mut rest = scopes;
    while let [scope, after @ ..] = rest {
        if !is_one_scope(scope) {
            return false;
        }
        rest = after;
    }
    true
}
