//! The cache of the issuer's status lists: those that its tokens refer to, each fetched and revalidated on its own.
//! It must not send a request to another address than `ISSUER/status-lists/NUMBER`. When a list is fetched:
//! `cache.rs`.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use types::NumericDate;

use super::address::Address;
use super::cache::{Cache, Fetched, Source};
use super::clock::Clock;
use super::failure::Fault;
use super::fetch::{HttpClient, Lifetime, Resource, Response};
use super::keys::{KeySource, Keys};
use super::options::Options;

use crate::{Rejection, StatusListToken, Verifier};

/// The path of the lists, below the issuer's URL. A number of one byte follows: so there are 256 lists at most, and
/// none has to be evicted.
const PATH: &str = "/status-lists/";
/// The longest status list token that is read.
const MAX_BYTES: usize = 8 * 1024 * 1024;
/// The bounds of a list's freshness, for any `ttl`, and the default.
const FRESH_SECONDS: std::ops::RangeInclusive<i64> = 1..=60;
const FRESH_SECONDS_BY_DEFAULT: i64 = 5;
/// The clock skew between instances of the issuer: a list may be this much older than the newest one.
const INSTANCE_SKEW_SECONDS: i64 = 2;
/// For how long after its `iat` a list without `exp` is served stale in an outage.
const OUTAGE_SECONDS: i64 = 300;

/// The cached lists, by their numbers.
pub(super) struct Lists {
    context: Context,
    caches: Mutex<HashMap<u8, Cache<ListSource>>>,
}

#[derive(Clone)]
struct Context {
    http: Arc<HttpClient>,
    verifier: Verifier,
    keys: Cache<KeySource>,
    options: Options,
}

impl Lists {
    pub(super) fn new(
        http: Arc<HttpClient>,
        verifier: Verifier,
        keys: Cache<KeySource>,
        options: Options,
    ) -> Self {
        let context = Context { http, verifier, keys, options };
        Self { context, caches: Mutex::default() }
    }

    /// The cache of the list at `uri`, which a verified token refers to. Makes no request.
    pub(super) fn get(&self, uri: &str) -> Result<Cache<ListSource>, Rejection> {
        // The issuer signed the token; still, a token must not choose where a request is sent.
        let number = self.number(uri).ok_or(Rejection::ForeignStatusList)?;
        // A poisoned lock is fine: a list is added in one step.
        let mut caches = self.caches.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cache) = caches.get(&number) {
            return Ok(cache.clone());
        }
        let address = Address::parse(uri).map_err(|_| Rejection::ForeignStatusList)?;
        let (uri, context) = (uri.to_owned(), self.context.clone());
        let (newest, clock) = (AtomicI64::new(i64::MIN), Clock::new(&context.options));
        let cache = Cache::new(ListSource { uri, address, context, newest }, clock);
        caches.insert(number, cache.clone());
        Ok(cache)
    }

    /// The number of the list at this address, whose one spelling is the issuer's URL, the path and the number.
    fn number(&self, uri: &str) -> Option<u8> {
        let issuer = self.context.verifier.issuer().trim_end_matches('/');
        let digits = uri.strip_prefix(issuer)?.strip_prefix(PATH)?;
        digits.parse().ok().filter(|number: &u8| number.to_string() == digits)
    }
}

/// The origin of one list.
pub(super) struct ListSource {
    uri: String,
    address: Address,
    context: Context,
    /// The `iat` of the newest list so far.
    newest: AtomicI64,
}

/// A verified list, with the `ETag` of its response and the keys that verified it.
pub(super) struct Listed {
    pub(super) token: StatusListToken,
    etag: Option<String>,
    keys: Arc<Keys>,
}

impl ListSource {
    /// The verified list, and the keys that verified it.
    async fn verified(
        &self,
        unverified_token: &str,
        cached: Arc<Keys>,
    ) -> Result<(StatusListToken, Arc<Keys>), Fault> {
        let Context { verifier, keys, options, .. } = &self.context;
        let verify = |keys: &Keys| {
            verifier.verify_status_list(&keys.set, &self.uri, unverified_token, options.now())
        };
        match verify(&cached) {
            Err(Rejection::UnknownKey) => {
                let newer = keys.newer_than(&cached).await;
                let newer = newer.ok_or(Fault::List(Rejection::UnknownKey))?;
                verify(&newer).map(|list| (list, newer)).map_err(Fault::List)
            }
            verdict => verdict.map(|list| (list, cached)).map_err(Fault::List),
        }
    }

    /// Whether a newer list was fetched before. An attacker who replays an old list could undo a revocation. A list
    /// from the future does not count: our clock was set back since, by more than the skew.
    fn is_older(&self, list: &StatusListToken) -> bool {
        let Options { skew, .. } = &self.context.options;
        let latest = self.context.options.now().plus(skew.seconds());
        // A relaxed load and store suffice: a single flight fetches the list.
        let newest = NumericDate(self.newest.load(Ordering::Relaxed));
        let newest = if newest <= latest { newest.max(list.iat) } else { list.iat };
        self.newest.store(newest.0, Ordering::Relaxed);
        list.iat.plus(INSTANCE_SKEW_SECONDS) < newest
    }

    /// Whether a 304 may prolong the use of this list: not beyond its `exp`, nor once the keys have changed, because
    /// the one that signed it may be revoked.
    fn may_be_kept(&self, list: &Listed, keys: &Arc<Keys>) -> bool {
        let now = self.context.options.now();
        Arc::ptr_eq(&list.keys, keys) && list.token.exp.is_some_and(|exp| now < exp)
    }

    fn fetched(&self, listed: Arc<Listed>, lifetime: Lifetime) -> Fetched<Listed> {
        let (now, list) = (self.context.options.now(), &listed.token);
        let Lifetime { left, stale, .. } = lifetime;
        let wanted = list.ttl.unwrap_or(FRESH_SECONDS_BY_DEFAULT);
        let left = left.and_then(|left| i64::try_from(left.as_secs()).ok()).unwrap_or(wanted);
        let mut fresh = if stale {
            0
        } else {
            wanted.min(left).clamp(*FRESH_SECONDS.start(), *FRESH_SECONDS.end())
        };
        let usable = match list.exp {
            // Plus the skew that its expiry was checked with.
            Some(exp) => {
                let left = exp.plus(self.context.options.skew.seconds()).since(now);
                fresh = fresh.min(left);
                left
            }
            None => list.iat.plus(OUTAGE_SECONDS).since(now).max(fresh),
        };
        let length = |seconds| Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
        Fetched { value: listed, fresh_for: length(fresh), usable_for: length(usable), stale }
    }
}

impl Source for ListSource {
    type Value = Listed;

    fn name(&self) -> &str {
        &self.uri
    }

    async fn fetch(&self, last: Option<Arc<Listed>>) -> Result<Fetched<Listed>, Fault> {
        let keys = self.context.keys.get().await.ok_or(Fault::NoKeys)?;
        let last = last.filter(|last| self.may_be_kept(last, &keys));
        let resource = Resource {
            address: &self.address,
            accept: "application/statuslist+jwt",
            max_bytes: MAX_BYTES,
            if_none_match: last.as_ref().and_then(|last| last.etag.as_deref()),
        };
        match (self.context.http.get(resource).await?, last) {
            (Response::NotModified { lifetime }, Some(last)) => Ok(self.fetched(last, lifetime)),
            (Response::NotModified { .. }, None) => Err(Fault::Status(304)),
            (Response::Document { text, etag, lifetime }, _) => {
                let (token, keys) = self.verified(text.trim_end(), keys).await?;
                if self.is_older(&token) {
                    return Err(Fault::OlderList);
                }
                Ok(self.fetched(Arc::new(Listed { token, etag, keys }), lifetime))
            }
        }
    }
}
