//! The issuer's keys: what it says about itself (RFC 8414), and the key set that names (RFC 7517). It
//! must not decide when they are fetched; that is `cache.rs`.

use std::sync::Arc;
use std::time::Duration;

use super::address::Address;
use super::cache::{Fetched, Source};
use super::failure::{Fault, IssuerError};
use super::fetch::{HttpClient, Resource, Response};
use crate::KeySet;
use crate::strict_json::{self, Json};

/// The longest key set, and the longest metadata, that is read.
const MAX_BYTES: usize = 64 * 1024;
/// How long a key set is fresh, whatever its `Cache-Control` says. The upper bound is the promise for
/// a key that has to be retired at once; it holds, too, if nothing is said.
const FRESH: std::ops::RangeInclusive<Duration> =
    Duration::from_secs(10)..=Duration::from_secs(300);

/// Where the keys come from.
pub(super) struct KeySource {
    issuer: String,
    address: Address,
    metadata: Address,
    http: Arc<HttpClient>,
    outage_limit: Duration,
}

/// The keys, and what was said with them.
pub(super) struct Keys {
    pub(super) set: KeySet,
    from: Address,
    etag: Option<String>,
}

impl KeySource {
    pub(super) fn new(
        issuer: &str,
        address: &Address,
        http: &Arc<HttpClient>,
        outage_limit: Duration,
    ) -> Result<Self, IssuerError> {
        Ok(Self {
            issuer: issuer.to_owned(),
            address: address.clone(),
            metadata: address.metadata()?,
            http: Arc::clone(http),
            outage_limit,
        })
    }

    /// Where the issuer says its keys are. It is asked before every fetch: there is nothing to go
    /// stale, and an issuer may move its keys.
    async fn jwks_address(&self) -> Result<Address, Fault> {
        let resource = Resource {
            address: &self.metadata,
            accept: "application/json",
            max_bytes: MAX_BYTES,
            if_none_match: None,
        };
        let Response::Document { text, .. } = self.http.get(resource).await? else {
            return Err(Fault::Metadata);
        };
        let metadata = strict_json::parse_object(text.as_bytes()).map_err(|_| Fault::Metadata)?;
        let member = |name| match metadata.get(name) {
            Some(Json::String(text)) => Ok(text),
            _ => Err(Fault::Metadata),
        };
        // RFC 8414 section 3.3: the `issuer` MUST be identical to the issuer identifier the address
        // was made of; if it is not, the metadata MUST NOT be used.
        if *member("issuer")? != self.issuer {
            return Err(Fault::AnotherIssuer);
        }
        self.address.parse_linked(member("jwks_uri")?).map_err(Fault::Address)
    }

    fn fetched(&self, keys: Arc<Keys>, max_age: Option<Duration>) -> Fetched<Keys> {
        let fresh_for = max_age.unwrap_or(*FRESH.end()).clamp(*FRESH.start(), *FRESH.end());
        Fetched { value: keys, fresh_for, usable_for: self.outage_limit.max(fresh_for) }
    }
}

impl Source for KeySource {
    type Value = Keys;

    fn name(&self) -> &str {
        "keys"
    }

    async fn fetch(&self, last: Option<Arc<Keys>>) -> Result<Fetched<Keys>, Fault> {
        let from = self.jwks_address().await?;
        let last = last.filter(|last| last.from == from);
        let resource = Resource {
            address: &from,
            accept: "application/jwk-set+json, application/json",
            max_bytes: MAX_BYTES,
            if_none_match: last.as_ref().and_then(|last| last.etag.as_deref()),
        };
        match (self.http.get(resource).await?, last) {
            (Response::NotModified { max_age }, Some(last)) => Ok(self.fetched(last, max_age)),
            (Response::NotModified { .. }, None) => Err(Fault::Status(304)),
            (Response::Document { text, etag, max_age }, _) => {
                let set = KeySet::from_jwks(&text).map_err(Fault::Keys)?;
                // An issuer without keys could not have signed anything: somebody else's page.
                if set.iter().next().is_none() {
                    return Err(Fault::NoKeys);
                }
                Ok(self.fetched(Arc::new(Keys { set, from, etag }), max_age))
            }
        }
    }
}
