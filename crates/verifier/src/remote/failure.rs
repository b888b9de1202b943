//! Why an issuer cannot be asked, or its tokens not be judged. It must not hold anything a token or a
//! server said: what is logged stays ours.

use crate::Rejection;

/// Why a URL is no issuer's.
#[derive(thiserror::Error, Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssuerError {
    /// Not `https://host`, maybe with a port and a path; or with a query, a fragment or a user.
    #[error("the issuer is not a URL of scheme, host, port and path (RFC 8414 section 2)")]
    NotAUrl,
    /// http, and not to this machine: whoever is in between could hand us keys of their own.
    #[error("the issuer has to be https, or http on a loopback address")]
    Insecure,
}

/// What is missing for a judgement. It says nothing against the token: 503, and try again.
#[derive(thiserror::Error, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unavailable {
    /// The issuer's keys could not be had, or not for too long.
    #[error("the issuer's keys are not available")]
    Keys,
    /// The status list could not be had, or not before the last one expired.
    #[error("the status list is not available")]
    StatusList,
}

/// Why a token is not accepted.
#[derive(thiserror::Error, Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerifyError {
    /// The token is not good.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// Whether it is good cannot be known right now.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Why an answer of the issuer is of no use. For the log.
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
    #[error("asking was given up")]
    Cancelled,
}
