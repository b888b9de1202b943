//! The lifecycle of keys: when one is used, and how long it is kept, as a pure function of the stored rows and now.
//!
//! ```text
//! pending ──(verifiers have had the time to fetch it)──> active ──(its successor signs)──> verify-only ──> expired
//! ```
//!
//! No state is stored. Instances that look at the same rows at the same instant see the same states, and no process
//! has to run at the moment of a transition.

use std::fmt;

use shared::NumericDate;

use crate::clock::tolerance::SLACK_SECONDS;
use crate::lifetimes::Lifetime;
use crate::store::{HeldLifetime, KeyPurpose, StoredKey};

/// How long the row of a session is kept after its revocation or expiry.
const OVER_SECONDS: i64 = 8 * 86_400;

/// How keys are rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyPlan {
    /// How long verifiers may cache the JWKS (`Cache-Control: max-age`).
    pub jwks_cache_seconds: i64,
    /// How long a key signs access tokens before it is rotated.
    pub rotation_seconds: i64,
    /// How long an access token lives.
    pub access_token_seconds: i64,
    /// The longest a session lives.
    pub session_seconds: i64,
}

/// Where a key is in its lifecycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// Published, not used yet.
    Pending,
    /// In use.
    Active,
    /// Not used any more; tokens made with it are still accepted.
    VerifyOnly,
    /// No token made with it can be valid.
    Expired,
    /// An operator has revoked it.
    Revoked,
}

impl fmt::Display for KeyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::VerifyOnly => "verify-only",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        })
    }
}

/// A key to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Successor {
    /// The `kid` of the key it follows; empty for the first.
    pub predecessor: String,
    /// When it is used first.
    pub signs_from: NumericDate,
}

impl KeyPlan {
    /// The plan with each lifetime at least as long as those that are held: what was issued under one is valid for
    /// as long, even if the setting is shorter by now.
    #[must_use]
    pub fn or_longer(mut self, held: &[HeldLifetime]) -> Self {
        for &HeldLifetime { setting, seconds, .. } in held {
            let own = match setting {
                Lifetime::AccessToken => &mut self.access_token_seconds,
                Lifetime::JwksCache => &mut self.jwks_cache_seconds,
                Lifetime::SessionAbsolute => &mut self.session_seconds,
                Lifetime::SessionIdle | Lifetime::EventRetention => continue,
            };
            *own = seconds.max(*own);
        }
        self
    }

    /// How long before its first use a key is published: as long as verifiers may cache an older JWKS, and as long
    /// as instances may be late to learn of it.
    #[must_use]
    pub const fn ahead_seconds(&self) -> i64 {
        self.jwks_cache_seconds + SLACK_SECONDS
    }

    /// How long tokens made with a key may still be in use once its successor is.
    const fn outlives_seconds(&self, purpose: KeyPurpose) -> i64 {
        match purpose {
            KeyPurpose::Access => self.access_token_seconds + SLACK_SECONDS,
            KeyPurpose::Refresh => self.session_seconds + OVER_SECONDS,
        }
    }

    /// All keys with their states, each purpose in the order of first use.
    #[must_use]
    pub fn states<'k>(
        &self,
        keys: &'k [StoredKey],
        now: NumericDate,
    ) -> Vec<(&'k StoredKey, KeyState)> {
        let of = |purpose| self.states_of(purpose, keys, now);
        [of(KeyPurpose::Access), of(KeyPurpose::Refresh)].concat()
    }

    fn states_of<'k>(
        &self,
        purpose: KeyPurpose,
        keys: &'k [StoredKey],
        now: NumericDate,
    ) -> Vec<(&'k StoredKey, KeyState)> {
        let line = Line::of(purpose, keys);
        let in_use = line.in_use(now);
        let state = |key: &StoredKey| {
            let at = line.0.iter().position(|other| other.kid == key.kid);
            let (Some(at), None) = (at, key.revoked_at) else { return KeyState::Revoked };
            match in_use {
                Some(in_use) if at == in_use => KeyState::Active,
                Some(in_use) if at < in_use => {
                    let superseded_at = line.0[at + 1].signs_from;
                    let until = superseded_at.plus(self.outlives_seconds(purpose));
                    if now < until { KeyState::VerifyOnly } else { KeyState::Expired }
                }
                _ => KeyState::Pending,
            }
        };
        of_purpose(purpose, keys).into_iter().map(|key| (key, state(key))).collect()
    }

    /// The key to make now, if one is due. For access tokens one is pending at all times, so that verifiers know it
    /// long before it is needed, even if that is at once. Refresh tokens are authenticated by one key until an
    /// operator rotates it: its output is seen through a MAC only.
    #[must_use]
    pub fn due(
        &self,
        purpose: KeyPurpose,
        keys: &[StoredKey],
        now: NumericDate,
    ) -> Option<Successor> {
        let line = Line::of(purpose, keys);
        let Some(in_use) = line.in_use(now) else {
            return Some(Successor { predecessor: last(purpose, keys), signs_from: now });
        };
        let waits = line.0[in_use + 1..].iter().any(|key| key.revoked_at.is_none());
        let rotates_at = line.0[in_use].signs_from.plus(self.rotation_seconds);
        (purpose == KeyPurpose::Access && !waits).then(|| {
            let next = self.next(purpose, keys, now);
            Successor { signs_from: next.signs_from.max(rotates_at), ..next }
        })
    }

    /// The earliest instant at which a pending key may be used: once all verifiers have had the time to learn of
    /// it, and all instances of the change.
    #[must_use]
    pub fn earliest(&self, waiting: &StoredKey, now: NumericDate) -> NumericDate {
        let known = waiting.published_at.plus(self.ahead_seconds());
        known.max(now.plus(SLACK_SECONDS)).min(waiting.signs_from)
    }

    /// The successor of the newest key, published in time.
    #[must_use]
    pub fn next(&self, purpose: KeyPurpose, keys: &[StoredKey], now: NumericDate) -> Successor {
        let signs_from = now.plus(self.ahead_seconds());
        Successor { predecessor: last(purpose, keys), signs_from }
    }

    /// The key that replaces `revoked` at once. `None` if that one is not in use, or if a published key takes its
    /// place.
    #[must_use]
    pub fn replacement(
        &self,
        revoked: &StoredKey,
        keys: &[StoredKey],
        now: NumericDate,
    ) -> Option<Successor> {
        let line = Line::of(revoked.purpose, keys);
        let in_use = line.in_use(now)?;
        let next = line.0[in_use + 1..].iter().find(|key| key.revoked_at.is_none());
        (line.0[in_use].kid == revoked.kid && next.is_none())
            .then(|| Successor { predecessor: last(revoked.purpose, keys), signs_from: now })
    }
}

/// The key of this purpose that is in use.
pub(super) fn in_use(
    purpose: KeyPurpose,
    keys: &[StoredKey],
    now: NumericDate,
) -> Option<&StoredKey> {
    let line = Line::of(purpose, keys);
    line.in_use(now).map(|at| line.0[at])
}

/// The keys of one purpose that are or will be used, or have been, in their order.
struct Line<'k>(Vec<&'k StoredKey>);

impl<'k> Line<'k> {
    fn of(purpose: KeyPurpose, keys: &'k [StoredKey]) -> Self {
        let mut line = of_purpose(purpose, keys);
        line.retain(|key| key.revoked_at.is_none_or(|at| at >= key.signs_from));
        Self(line)
    }

    /// The newest key whose time has come. If that one was revoked, the next takes its place early, never the one
    /// before, which may be removed already.
    fn in_use(&self, now: NumericDate) -> Option<usize> {
        let newest = self.0.iter().rposition(|key| key.signs_from <= now).unwrap_or_default();
        let mut rest = self.0.iter().enumerate().skip(newest);
        rest.find(|(_, key)| key.revoked_at.is_none()).map(|(at, _)| at)
    }
}

/// In the order of the chain, which is that of first use: instants may be equal.
fn of_purpose(purpose: KeyPurpose, keys: &[StoredKey]) -> Vec<&StoredKey> {
    let of_purpose = || keys.iter().filter(move |key| key.purpose == purpose);
    let is_there = |kid: &str| of_purpose().any(|key| key.kid == kid);
    let mut chain = Vec::new();
    let mut next = of_purpose().find(|key| !is_there(&key.predecessor));
    while let Some(key) = next {
        chain.push(key);
        next = of_purpose().find(|later| later.predecessor == key.kid);
    }
    chain
}

/// The end of the chain: what a new key has to follow. Revoked keys are links, too.
fn last(purpose: KeyPurpose, keys: &[StoredKey]) -> String {
    of_purpose(purpose, keys).last().map(|key| key.kid.clone()).unwrap_or_default()
}
