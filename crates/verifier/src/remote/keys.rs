//! The issuer's keys: its authorization server metadata (RFC 8414) and the JWKS it refers to (RFC 7517). When they
//! are fetched: `cache.rs`.

use std::sync::Arc;
use std::time::Duration;

use super::address::Address;
use super::cache::{Fetched, Source};
use super::failure::{Fault, IssuerError};
use super::fetch::{HttpClient, Lifetime, Resource, Response};
use crate::KeySet;
use crate::strict_json::{self, Json};

/// The longest JWKS, and the longest metadata, that is read.
const MAX_BYTES: usize = 64 * 1024;
/// The bounds of a JWKS' freshness, for any `Cache-Control`. The upper bound limits how long a revoked key is
/// accepted; it is also the default.
const FRESH: std::ops::RangeInclusive<Duration> =
    Duration::from_secs(10)..=Duration::from_secs(300);

/// The origin of the keys.
pub(super) struct KeySource {
    issuer: String,
    address: Address,
    metadata: Address,
    http: Arc<HttpClient>,
    outage_limit: Duration,
}

/// The keys, with the address and `ETag` of their response.
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

    /// The `jwks_uri` of the metadata, fetched before each JWKS: it is never stale, and an issuer may move its keys.
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
        // RFC 8414 section 3.3: the `issuer` MUST be identical to the issuer identifier the address was made of; if
        // it is not, the metadata MUST NOT be used.
        if *member("issuer")? != self.issuer {
            return Err(Fault::AnotherIssuer);
        }
        self.address.parse_linked(member("jwks_uri")?).map_err(Fault::Address)
    }

    fn fetched(&self, keys: Arc<Keys>, lifetime: Lifetime) -> Fetched<Keys> {
        let Lifetime { left, age, stale } = lifetime;
        let fresh_for = if stale {
            Duration::ZERO
        } else {
            left.unwrap_or(*FRESH.end()).clamp(*FRESH.start(), *FRESH.end())
        };
        // From the issuer's answer on: a cache that serves it again and again does not prolong an outage.
        let usable_for = self.outage_limit.saturating_sub(age).max(fresh_for);
        Fetched { value: keys, fresh_for, usable_for, stale }
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
            (Response::NotModified { lifetime }, Some(last)) => Ok(self.fetched(last, lifetime)),
            (Response::NotModified { .. }, None) => Err(Fault::Status(304)),
            (Response::Document { text, etag, lifetime }, _) => {
                let set = KeySet::from_jwks(&text).map_err(Fault::Keys)?;
                // A JWKS without keys is not the issuer's, since it signs tokens: probably an error page.
                if set.iter().next().is_none() {
                    return Err(Fault::NoKeys);
                }
                Ok(self.fetched(Arc::new(Keys { set, from, etag }), lifetime))
            }
        }
    }
}
