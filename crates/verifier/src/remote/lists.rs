//! The cache of the issuer's status lists: the few that its tokens refer to. It must not send a request to another
//! origin. When a list is fetched: `cache.rs`.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use types::NumericDate;

use super::address::Address;
use super::cache::{Cache, Fetched, Source};
use super::clock::Clock;
use super::failure::Fault;
use super::fetch::{HttpClient, Resource, Response};
use super::keys::KeySource;
use super::options::Options;

use crate::{Rejection, StatusListToken, Verifier};

/// The capacity of the cache. An issuer has one list for each million sessions or so.
const MAX_LISTS: usize = 16;
/// The longest status list token that is read.
const MAX_BYTES: usize = 8 * 1024 * 1024;
/// The bounds of a list's freshness, for any `ttl`, and the default.
const FRESH_SECONDS: std::ops::RangeInclusive<i64> = 1..=60;
const FRESH_SECONDS_BY_DEFAULT: i64 = 5;
/// The clock skew between instances of the issuer: a list may be this much older than the newest one.
const INSTANCE_SKEW_SECONDS: i64 = 2;
/// For how long after its `iat` a list without `exp` is served stale in an outage.
const OUTAGE_SECONDS: i64 = 300;

/// The cached lists, the most recently used one last.
pub(super) struct Lists {
    issuer: Address,
    context: Context,
    caches: Mutex<Vec<(String, Cache<ListSource>)>>,
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
        issuer: Address,
        http: Arc<HttpClient>,
        verifier: Verifier,
        keys: Cache<KeySource>,
        options: Options,
    ) -> Self {
        let context = Context { http, verifier, keys, options };
        Self { issuer, context, caches: Mutex::default() }
    }

    /// The cache of the list at `uri`, which a verified token refers to. Makes no request.
    pub(super) fn get(&self, uri: &str) -> Result<Cache<ListSource>, Rejection> {
        // The issuer signed the token; still, a token must not cause a request to another origin.
        let address = Address::parse(uri).map_err(|_| Rejection::ForeignStatusList)?;
        if !address.same_origin(&self.issuer) {
            return Err(Rejection::ForeignStatusList);
        }
        // A poisoned lock is fine: a list is added or removed in one step.
        let mut caches = self.caches.lock().unwrap_or_else(PoisonError::into_inner);
        let (uri, list) = match caches.iter().position(|(known, _)| known == uri) {
            Some(at) => caches.remove(at),
            None => {
                let (uri, context) = (uri.to_owned(), self.context.clone());
                let (newest, clock) = (AtomicI64::new(i64::MIN), Clock::new(&context.options));
                (uri.clone(), Cache::new(ListSource { uri, address, context, newest }, clock))
            }
        };
        if caches.len() >= MAX_LISTS {
            caches.remove(0);
        }
        caches.push((uri, list.clone()));
        Ok(list)
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

impl ListSource {
    async fn verified(&self, unverified_token: &str) -> Result<StatusListToken, Fault> {
        let Context { verifier, keys, options, .. } = &self.context;
        let cached = keys.get().await.ok_or(Fault::NoKeys)?;
        let verify =
            |keys| verifier.verify_status_list(keys, &self.uri, unverified_token, options.now());
        let verdict = match verify(&cached.set) {
            Err(Rejection::UnknownKey) => match keys.newer_than(&cached).await {
                Some(newer) => verify(&newer.set),
                None => Err(Rejection::UnknownKey),
            },
            verdict => verdict,
        };
        verdict.map_err(Fault::List)
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

    /// `max_age` is the rest of the HTTP freshness lifetime, after the time in caches on the way.
    fn fetched(
        &self,
        list: StatusListToken,
        max_age: Option<Duration>,
    ) -> Fetched<StatusListToken> {
        let now = self.context.options.now();
        let wanted = list.ttl.unwrap_or(FRESH_SECONDS_BY_DEFAULT);
        let left = max_age.and_then(|left| i64::try_from(left.as_secs()).ok()).unwrap_or(wanted);
        let mut fresh = wanted.min(left).clamp(*FRESH_SECONDS.start(), *FRESH_SECONDS.end());
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
        Fetched { value: Arc::new(list), fresh_for: length(fresh), usable_for: length(usable) }
    }
}

impl Source for ListSource {
    type Value = StatusListToken;

    fn name(&self) -> &str {
        &self.uri
    }

    async fn fetch(
        &self,
        _: Option<Arc<StatusListToken>>,
    ) -> Result<Fetched<StatusListToken>, Fault> {
        let resource = Resource {
            address: &self.address,
            accept: "application/statuslist+jwt",
            max_bytes: MAX_BYTES,
            if_none_match: None,
        };
        let Response::Document { text, max_age, .. } = self.context.http.get(resource).await?
        else {
            return Err(Fault::Status(304));
        };
        let list = self.verified(text.trim_end()).await?;
        if self.is_older(&list) {
            return Err(Fault::OlderList);
        }
        Ok(self.fetched(list, max_age))
    }
}
