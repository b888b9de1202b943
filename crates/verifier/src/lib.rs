//! Baton's access tokens (RFC 9068), verified by whoever they are shown to.
//!
//! A service that takes them needs the issuer's URL and its own name, and nothing else of Baton:
//!
//! ```no_run
//! # #[cfg(feature = "axum")] mod service {
//! use axum::{Router, routing::get};
//! use verifier::axum::{Bearer, RequireToken};
//! use verifier::remote::Issuer;
//!
//! async fn hello(Bearer(token): Bearer) -> String {
//!     format!("hello, {}", token.sub)
//! }
//!
//! fn router() -> Result<Router, verifier::remote::IssuerError> {
//!     let issuer = Issuer::new("https://baton.example", ["https://api.example"])?;
//!     Ok(Router::new().route("/hello", get(hello)).layer(RequireToken::from(&issuer)))
//! }
//! # }
//! ```
//!
//! The same as a program: `cargo run -p verifier --example service --features axum`.
//!
//! | feature | what it adds |
//! | --- | --- |
//! | none | the rules: pure functions of token, keys and `now`, without a clock or a network |
//! | `remote` | `remote::Issuer`: the issuer's keys and status lists, fetched, kept and kept fresh |
//! | `axum` | `axum::RequireToken`, a layer, and `axum::BearerFor`, an extractor, that can demand an audience, scopes and a recent login; `axum::Bearer`, an extractor that demands nothing; brings `remote` |
//!
//! # What it refuses to do
//!
//! - To be configured in what makes it safe: one algorithm, one type of token, one spelling of
//!   everything, at most ten seconds between clocks.
//! - To let a token pass that it could not verify. If keys or status list cannot be had, and the last
//!   good ones are too old, the answer is 503.
//! - To ask anybody a token names: keys and lists come from the issuer, by https or from this machine,
//!   without redirects and without a proxy. For https it trusts the authorities Mozilla does.
//! - To read a token from a query, a body or a cookie, or to write any part of one into a log.
//!
//! # What it cannot do
//!
//! - Know of an end before it is published. A session that has ended is out when the status list in
//!   memory is as old as its `ttl` (5 s if it has none, never more than 60 s), and if fetching the next one
//!   failed, one more try and 3 s after that, once the issuer answers again; of a token that names no list, when it
//!   expires.
//! - Tell who sends a token. A bearer token is good in any hand: keep it out of logs, and use TLS.
//!
//! # The rules
//!
//! [`Verifier`] answers a single question: did our issuer sign this for us, and is it valid at this
//! moment? It must not know a clock, a network, storage or HTTP: keys and `now` are handed in.
//!
//! No JOSE library is strict enough alone, so every rule stands here, in front of the signature
//! check that `jsonwebtoken` contributes. A token passes these gates in this order, and the first
//! one that refuses it names the [`Rejection`]:
//!
//! | gate | what it establishes |
//! | --- | --- |
//! | `compact` | three parts of canonical base64url, of bounded length |
//! | `header` | a strict JSON object that asks for nothing but ES256 and a key of ours |
//! | [`KeySet::get`] | the key is one of ours, whatever the token says |
//! | [`jws`] | the signature holds; only now is a claim read |
//! | `claims` | a strict JSON object with every required claim, of the right type |
//! | [`Verifier`] | from our issuer, for this audience, valid now |
//!
//! A status list ([`Verifier::verify_status_list`]) passes the same gates, under its own type.
//!
//! ```
//! use verifier::{KeySet, NumericDate, Rejection, Verifier};
//!
//! let keys = KeySet::from_jwks(
//!     r#"{"keys": [{"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256",
//!         "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
//!         "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#,
//! )?;
//! let verifier = Verifier::new("https://baton.example", ["https://api.example"], keys);
//!
//! let unverified_token = concat!(
//!     "eyJhbGciOiJFUzI1NiIsImtpZCI6Im9LSXl3dkdVcFRWVHl4TVEzYndJSWVRVXVkZnJfQ2tMTWpDRTE5",
//!     "RUNELVUiLCJ0eXAiOiJhdCtqd3QifQ.",
//!     "eyJhbXIiOlsicHdkIl0sImF1ZCI6WyJodHRwczovL2FwaS5leGFtcGxlIl0sImF1dGhfdGltZSI6MTc5",
//!     "OTk5OTk5NSwiY2xpZW50X2lkIjoiYnJvd3NlciIsImV4cCI6MTgwMDAwMDkwMCwiaWF0IjoxODAwMDAw",
//!     "MDAwLCJpc3MiOiJodHRwczovL2JhdG9uLmV4YW1wbGUiLCJqdGkiOiJ0b2tlbi0xIiwic2lkIjoiMDE4",
//!     "OTBhNWQtYWM5Ni03NzRiLWJjY2UtYjMwMjA5OWE4MDU4Iiwic3ViIjoiMDE4OTBhNWQtYWM5Ni03NzRi",
//!     "LWJjY2UtYjMwMjA5OWE4MDU3In0.",
//!     "4SXdqB3GffGgQ2agQflICk-cegFunlnSUEnvu3y5KIl2LEYOAl-dnnxmuTjNKYjEt4S31NExCaHl8rCt",
//!     "KdJKaQ",
//! );
//! let token = verifier.verify(unverified_token, NumericDate(1_800_000_060))?;
//! assert_eq!(token.client_id, "browser");
//!
//! let an_hour_later = NumericDate(1_800_003_660);
//! assert_eq!(verifier.verify(unverified_token, an_hour_later), Err(Rejection::Expired));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Read on in `verifier.rs`, where the gates stand in their order.
#![forbid(unsafe_code)]

mod verifier;

mod base64url;
mod claims;
mod compact;
mod header;
pub mod idempotency;
mod jwks;
pub mod jws;
mod keys;
mod members;
mod rejection;
mod status_list;
mod strict_json;
mod thumbprint;

#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "remote")]
pub mod remote;

pub use claims::{AccessToken, StatusReference};
pub use idempotency::IdempotencyKey;
pub use keys::{KeyError, KeySet, PublicKey};
pub use rejection::Rejection;
pub use shared::{NumericDate, SessionId, UserId};
pub use status_list::{Status, StatusList, StatusListToken};
pub use strict_json::JsonFault;
pub use thumbprint::thumbprint;
pub use verifier::{Skew, Verifier};
