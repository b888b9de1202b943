//! Errors of the issuer's client: 503 for the service's clients, and the cause for its log. It must not hold any text
//! of a token or a response, against log injection.

use crate::Rejection;

/// Why a URL cannot be an issuer's.
#[derive(thiserror::Error, Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum IssuerError {
    /// Not `https://host` with an optional port and path; or with a query, a fragment or a user.
    #[error("the issuer is not a URL of scheme, host, port and path (RFC 8414 section 2)")]
    NotAUrl,
    /// http to another machine: an attacker on the network could replace the keys.
    #[error("the issuer has to be https, or http on a loopback address")]
    Insecure,
}

/// Why a response of the issuer is unusable. For the log.
#[derive(thiserror::Error, Debug)]
pub(super) enum Fault {
    #[error("no connection, or not to the end")]
    Connection(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("no answer within three seconds")]
    Timeout,
    #[error("the status is {0}")]
    Status(u16),
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    #[error("the answer is not UTF-8")]
    NotUtf8,
    #[error("the metadata is no strict JSON object with `issuer` and `jwks_uri`")]
    Metadata,
    #[error("the metadata is another issuer's")]
    AnotherIssuer,
    #[error("the address may not be asked")]
    Address(#[source] IssuerError),
    #[error("the keys cannot be used")]
    Keys(#[source] crate::KeyError),
    #[error("there is no key of a kind we know")]
    NoKeys,
    #[error("the status list is refused")]
    List(#[source] Rejection),
    #[error("the status list is older than the one we have")]
    OlderList,
    #[error("a cache on the way served it beyond its max-age")]
    Stale,
    #[error("asking was given up")]
    Cancelled,
}
