//! What a service may demand of a token besides being valid, and whether a token meets it. It must not
//! know where the demand stands: the layer and the extractor ask alike.

use std::borrow::Cow;

use shared::NumericDate;

use super::refusal::Refusal;
use crate::{AccessToken, Rejection, Skew};

/// What a handler demands of a token, for [`BearerFor`](super::BearerFor). What is not said is not
/// demanded.
///
/// An audience or an age that is configured at the start belongs to
/// [`RequireToken`](super::RequireToken) instead.
pub trait Demand {
    /// The token is for this audience as well.
    const AUDIENCE: Option<&'static str> = None;
    /// The token has each of these scopes (RFC 6749 section 3.3). What is no scope, and so could never
    /// be met, does not compile where it is used (`cargo build` says so, `cargo check` does not).
    const SCOPES: &'static [&'static str] = &[];
    /// The user has proved who they are within so many seconds (RFC 9470).
    const RECENT_LOGIN_SECONDS: Option<u32> = None;
}

/// The same as a value.
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

    /// Does this valid token meet them at this moment?
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
        // A login that is still to come was no recent one.
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
