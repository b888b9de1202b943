//! The status lists (draft-ietf-oauth-status-list): sessions that were revoked while an access token of theirs may be
//! valid, for services that verify offline.
//!
//! List and index are a part of the session id ([`status_index`](crate::auth::revocation::status_index)). A
//! revocation leaves its list when the session's last access token has expired, so that lists compress well.
//!
//! Once a second, at most, the revocations are looked at, for all lists; a list is signed once for each look, when it
//! is requested. Only lists that were requested take memory here.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parking_lot::Mutex;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use shared::NumericDate;
use tokio::task::spawn_blocking;
use verifier::StatusList;

use super::access_token::AccessTokens;
use crate::auth::error::AuthError;
use crate::auth::revocation::revocation_cache::RevocationCache;
use crate::auth::revocation::status_index::{LISTS, ListId};
use crate::clock::tolerance::SLACK_SECONDS;
use crate::clock::{BootInstant, Clock};
use crate::keys::KeyRing;
use crate::keys::ring::TokenType;
use crate::lifetimes::Lifetimes;
use crate::single_flight::SingleFlight;
use crate::store::{Store, StoreError};

/// How long services may cache a list: with [`FRESH`], and the second in which revocations reach other instances,
/// less than the promised five seconds.
pub const TTL_SECONDS: i64 = 2;
/// For how long a cache may serve a list that it cannot revalidate: together with the above no longer than the list
/// has left until its `exp`, after the minute in which its entity tag may stay the same.
pub const STALE_IF_ERROR_SECONDS: i64 = LIFE_SECONDS - SAME_TAG_SECONDS - TTL_SECONDS;
/// The lifetime of a list (`exp`), should it not be renewed.
const LIFE_SECONDS: i64 = 300;
/// For how long a list without a change keeps its entity tag, and so a cache its copy.
const SAME_TAG_SECONDS: i64 = 60;
/// How long one look at the revocations counts.
const FRESH: Duration = Duration::from_secs(1);
/// The timeout of a look, and of making a list. What was read from the store until then need not be read again.
const LIST_TIME: Duration = Duration::from_millis(2_500);

/// A list as a signed token.
#[derive(Clone)]
pub struct SignedList {
    /// The token.
    pub token: Arc<[u8]>,
    /// Its entity tag, in quotes, weak (RFC 9110 section 8.8.1), and the same at all instances: two tokens with one
    /// tag have the same bits, were signed by the same key in the same minute, and differ in `iat`, `exp` and the
    /// signature alone.
    pub tag: Arc<str>,
}

/// Makes the lists, each in a single flight for all callers, and caches the latest one of each.
pub struct StatusLists {
    store: Arc<dyn Store>,
    clock: Clock,
    revocations: Arc<RevocationCache>,
    lifetimes: Arc<Lifetimes>,
    keys: Arc<KeyRing>,
    access_tokens: AccessTokens,
    /// A cached failure is `None`, for as long as a look counts.
    latest_look: Mutex<Option<(BootInstant, Option<Look>)>>,
    looks: SingleFlight<Look, AuthError>,
    /// By their numbers.
    lists: Vec<Published>,
}

/// The revocation cache holds all revocations that were made before `at`, and the lists those that may matter.
#[derive(Clone, Copy)]
struct Look {
    at: BootInstant,
    now: NumericDate,
}

struct Published {
    latest: Mutex<Latest>,
    flights: SingleFlight<SignedList, AuthError>,
}

#[derive(Default)]
struct Latest {
    /// With the look that it was made after.
    list: Option<(BootInstant, SignedList)>,
    /// The compressed bits, and their version.
    lst: Option<(u64, Arc<str>)>,
}

impl StatusLists {
    /// The lists of the revocations in this cache, with an empty cache of lists.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Clock,
        revocations: Arc<RevocationCache>,
        lifetimes: Arc<Lifetimes>,
        keys: Arc<KeyRing>,
        access_tokens: AccessTokens,
    ) -> Self {
        let latest_look = Mutex::default();
        let looks = SingleFlight::new(LIST_TIME, &clock);
        let published = |_: u8| Published {
            latest: Mutex::default(),
            flights: SingleFlight::new(LIST_TIME, &clock),
        };
        let lists = (0..=LISTS).map(published).collect();
        Self {
            store,
            clock,
            revocations,
            lifetimes,
            keys,
            access_tokens,
            latest_look,
            looks,
            lists,
        }
    }

    /// The list as a signed token, with the revocations of a second ago at the latest. Callers share a single flight;
    /// a failure is cached for a second, so that no caller waits for another one.
    ///
    /// # Errors
    /// If revocations cannot be read, because storage fails; or signing fails.
    pub async fn list(self: &Arc<Self>, id: ListId) -> Result<SignedList, AuthError> {
        let look = self.look().await?;
        if let Some(list) = self.made_after(look, id) {
            return Ok(list);
        }
        let lists = Arc::clone(self);
        let make = || async move {
            // The flight that this one waited for may have made it.
            if let Some(list) = lists.made_after(look, id) {
                return Ok(list);
            }
            // With a million revocations, compressing and signing take a while.
            let signed = spawn_blocking(move || lists.sign(id, look)).await;
            signed.map_err(|error| AuthError::Cryptography(error.to_string()))?
        };
        Ok(self.published(id).flights.run(Duration::ZERO, make).await?)
    }

    /// The latest look at the revocations, while it counts, or another one.
    async fn look(self: &Arc<Self>) -> Result<Look, AuthError> {
        if let Some(look) = self.latest_look() {
            return look.ok_or(AuthError::Store(StoreError::TimedOut));
        }
        let lists = Arc::clone(self);
        let ask = || async move {
            let begun = lists.clock.boot_instant();
            let look = lists.catch_up(begun).await;
            // A look is as old as its request, a failure as its answer.
            let at = if look.is_ok() { begun } else { lists.clock.boot_instant() };
            *lists.latest_look.lock() = Some((at, look.as_ref().ok().copied()));
            look
        };
        Ok(self.looks.run(FRESH, ask).await?)
    }

    async fn catch_up(&self, at: BootInstant) -> Result<Look, AuthError> {
        let now = self.clock.trusted_now()?;
        // The revoking instance may have had a slow clock.
        let life = self.lifetimes.in_force().access_token.saturating_add(SLACK_SECONDS);
        // Revocations before this instant concern expired tokens.
        let since = now.plus(-life);
        if !self.revocations.is_complete() {
            self.revocations.catch_up(&*self.store, since, now).await?;
        }
        // Once for each look: lists that are signed after different ones would move the edge back and forth. With a
        // million revocations, that takes a while.
        let revocations = Arc::clone(&self.revocations);
        let moved = spawn_blocking(move || revocations.list_since(since)).await;
        moved.map_err(|error| AuthError::Cryptography(error.to_string()))?;
        Ok(Look { at, now })
    }

    /// The latest look or failure, while it counts.
    fn latest_look(&self) -> Option<Option<Look>> {
        let now = self.clock.boot_instant();
        let latest = *self.latest_look.lock();
        latest.filter(|(at, _)| now.since(*at) < FRESH).map(|(_, look)| look)
    }

    /// The latest list, if it was made after this look or a later one.
    fn made_after(&self, look: Look, id: ListId) -> Option<SignedList> {
        let latest = self.published(id).latest.lock();
        latest.list.as_ref().filter(|(at, _)| *at >= look.at).map(|(_, list)| list.clone())
    }

    fn sign(&self, id: ListId, look: Look) -> Result<SignedList, AuthError> {
        let lst = self.compressed_bits(id);
        // The shared clock: a service rejects a list that is older than one of another instance.
        let iat = self.clock.shared_now();
        let claims = Claims {
            iss: self.access_tokens.issuer(),
            sub: &self.access_tokens.status_list_uri(id),
            iat,
            exp: iat.plus(LIFE_SECONDS),
            ttl: TTL_SECONDS,
            status_list: List { bits: 1, lst: &lst },
        };
        let ring = self.keys.current();
        let key = ring.signing(look.now)?;
        let token = key.sign(TokenType::StatusList, &claims)?.into_bytes().into();
        let list = SignedList { token, tag: tag(key.kid(), iat, &lst).into() };
        self.published(id).latest.lock().list = Some((look.at, list.clone()));
        Ok(list)
    }

    /// Cached until a bit changes. A single flight makes each list.
    fn compressed_bits(&self, id: ListId) -> Arc<str> {
        let latest = &self.published(id).latest;
        let known = latest.lock().lst.clone();
        let version = known.as_ref().map(|(version, _)| *version);
        match (self.revocations.listing(id, version), known) {
            ((_, None), Some((_, lst))) => lst,
            ((version, bits), _) => {
                let list = StatusList::of_bits(bits.unwrap_or_default());
                let lst: Arc<str> = list.expect("two megabytes are read").to_lst().into();
                latest.lock().lst = Some((version, Arc::clone(&lst)));
                lst
            }
        }
    }

    fn published(&self, id: ListId) -> &Published {
        &self.lists[usize::from(id.number())]
    }
}

/// The entity tag of a list that was signed by this key at this instant.
fn tag(kid: &str, iat: NumericDate, lst: &str) -> String {
    let minute = iat.0.div_euclid(SAME_TAG_SECONDS);
    let digest = Sha256::new()
        .chain_update(kid)
        .chain_update(minute.to_be_bytes())
        .chain_update(lst)
        .finalize();
    format!("\"{}\"", URL_SAFE_NO_PAD.encode(&digest[..16]))
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    iat: NumericDate,
    exp: NumericDate,
    ttl: i64,
    status_list: List<'a>,
}

#[derive(Serialize)]
struct List<'a> {
    bits: u8,
    lst: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_of_one_key_one_minute_and_these_bits() {
        let minute = NumericDate(1_800_000_000);
        let first = tag("one", minute, "lst");
        assert_eq!(tag("one", minute.plus(59), "lst"), first);
        for other in [
            tag("two", minute, "lst"),
            tag("one", minute.plus(60), "lst"),
            tag("one", minute.plus(-1), "lst"),
            tag("one", minute, "lsu"),
        ] {
            assert_ne!(other, first);
        }
        assert!(first.starts_with('"') && first.ends_with('"') && first.len() == 24, "{first}");
    }
}
