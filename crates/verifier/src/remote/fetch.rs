//! The HTTP client: one GET, with a size limit. For https it trusts Mozilla's roots; it follows no redirect and uses
//! no proxy.

use std::time::Duration;

use http::header::{ACCEPT, AGE, CACHE_CONTROL, ETAG, HeaderName, IF_NONE_MATCH};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::address::Address;
use super::failure::Fault;

/// An entity tag that is longer is not stored; a fetch then revalidates without it.
const MAX_ETAG_BYTES: usize = 256;
/// How long a connection without a request is kept, and how many: status lists are fetched every second or two, and a
/// new TLS connection takes more bytes than a list. Servers keep a connection for longer, so few are half closed.
const IDLE_TIME: Duration = Duration::from_secs(4);
const IDLE_CONNECTIONS: usize = 4;

pub(super) struct HttpClient(Client<HttpsConnector<HttpConnector>, Empty<&'static [u8]>>);

/// One resource of the issuer.
pub(super) struct Resource<'r> {
    pub(super) address: &'r Address,
    pub(super) accept: &'static str,
    /// The longest body that is read.
    pub(super) max_bytes: usize,
    /// The entity tag of the cached version, for a conditional request (RFC 9110 section 13.1.2).
    pub(super) if_none_match: Option<&'r str>,
}

/// A response with status 200, or 304.
pub(super) enum Response {
    Document { text: String, etag: Option<String>, lifetime: Lifetime },
    NotModified { lifetime: Lifetime },
}

/// The freshness lifetime of a response (RFC 9111 section 4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lifetime {
    /// `max-age` less the time in caches on the way; `None` without the directive, zero if the response must not be
    /// cached.
    pub(super) left: Option<Duration>,
    /// The time in caches on the way (`Age`).
    pub(super) age: Duration,
    /// Whether a cache on the way served it beyond its `max-age`, because it could not reach the issuer or does not
    /// wait for it (RFC 5861).
    pub(super) stale: bool,
}

impl HttpClient {
    pub(super) fn new() -> Self {
        // An explicit provider: the process-wide default depends on the build.
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(provider)
            .expect("the provider has the suites that TLS 1.2 and 1.3 need")
            .https_or_http()
            .enable_http1()
            .build();
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIME)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .build(connector);
        Self(client)
    }

    pub(super) async fn get(&self, resource: Resource<'_>) -> Result<Response, Fault> {
        let mut request = Request::get(resource.address.uri()).header(ACCEPT, resource.accept);
        if let Some(etag) = resource.if_none_match {
            request = request.header(IF_NONE_MATCH, etag);
        }
        let request = request.body(Empty::new()).expect("an address and visible ASCII");
        let response =
            self.0.request(request).await.map_err(|error| Fault::Connection(error.into()))?;
        let (parts, body) = response.into_parts();
        let lifetime = lifetime(&parts.headers);
        match parts.status {
            StatusCode::OK => {}
            StatusCode::NOT_MODIFIED if resource.if_none_match.is_some() => {
                return Ok(Response::NotModified { lifetime });
            }
            other => return Err(Fault::Status(other.as_u16())),
        }
        let bytes = Limited::new(body, resource.max_bytes).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                Fault::TooLong(resource.max_bytes)
            } else {
                Fault::Connection(error)
            }
        })?;
        let text = String::from_utf8(bytes.to_bytes().into()).map_err(|_| Fault::NotUtf8)?;
        let etag = value(&parts.headers, &ETAG).filter(|etag| etag.len() <= MAX_ETAG_BYTES);
        Ok(Response::Document { text, etag: etag.map(str::to_owned), lifetime })
    }
}

fn lifetime(headers: &HeaderMap) -> Lifetime {
    let (mut max_age, mut cacheable) = (None, true);
    for line in headers.get_all(CACHE_CONTROL) {
        for directive in line.to_str().unwrap_or_default().split(',') {
            let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
            let name = name.trim().to_ascii_lowercase();
            match name.as_str() {
                "no-store" | "no-cache" => cacheable = false,
                "max-age" => {
                    let Some(seconds) = seconds(value.trim().trim_matches('"')) else { continue };
                    max_age = Some(max_age.map_or(seconds, |known: u64| known.min(seconds)));
                }
                _ => {}
            }
        }
    }
    let age = value(headers, &AGE).and_then(|age| seconds(age.trim())).unwrap_or(0);
    let left = max_age.map(|max_age| max_age.saturating_sub(age));
    Lifetime {
        left: if cacheable { left } else { Some(0) }.map(Duration::from_secs),
        age: Duration::from_secs(age),
        stale: max_age.is_some_and(|max_age| max_age < age),
    }
}

/// RFC 9111 section 1.2.2: an overflowing number counts as infinite.
fn seconds(digits: &str) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(u64::MAX))
}

fn value<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn lifetime_of(lines: &[(HeaderName, &'static str)]) -> Lifetime {
        let lines =
            lines.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
        lifetime(&lines.collect())
    }

    fn left(lines: &[(HeaderName, &'static str)]) -> Option<u64> {
        lifetime_of(lines).left.map(|it| it.as_secs())
    }

    #[test]
    fn an_answer_says_for_how_long_it_is_fresh() {
        for (line, expected) in [
            ("max-age=60", Some(60)),
            ("public, Max-Age=60", Some(60)),
            ("max-age=\"60\"", Some(60)),
            ("max-age = 60", Some(60)),
            ("max-age=60, no-store", Some(0)),
            ("no-cache", Some(0)),
            ("max-age=99999999999999999999999", Some(u64::MAX)),
            ("max-age=-1", None),
            ("max-age=", None),
            ("max-age=x", None),
            ("s-maxage=60", None),
            ("public", None),
        ] {
            assert_eq!(left(&[(CACHE_CONTROL, line)]), expected, "{line}");
        }
        assert_eq!(left(&[]), None);
    }

    #[test]
    fn time_spent_in_caches_counts() {
        let line = (CACHE_CONTROL, "max-age=60");
        assert_eq!(left(&[line.clone(), (AGE, "20")]), Some(40));
        assert_eq!(left(&[line.clone(), (AGE, "100")]), Some(0));
        assert_eq!(left(&[line, (AGE, "soon")]), Some(60));
        assert_eq!(lifetime_of(&[(AGE, "20")]).age, Duration::from_secs(20));
    }

    #[test]
    fn an_answer_is_stale_beyond_its_max_age_and_without_one_it_is_not() {
        for (cache_control, age, stale) in [
            ("max-age=60", "60", false),
            ("max-age=60", "61", true),
            ("max-age=0", "0", false),
            ("no-cache, max-age=60", "61", true),
            ("max-age=60", "99999999999999999999999", true),
            ("max-age=60", "soon", false),
            ("no-cache", "61", false),
            ("public", "61", false),
        ] {
            let lines = [(CACHE_CONTROL, cache_control), (AGE, age)];
            assert_eq!(lifetime_of(&lines).stale, stale, "{cache_control}, {age}");
        }
    }
}
