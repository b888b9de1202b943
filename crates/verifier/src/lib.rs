//! A resource server's verifier for Baton's JWT access tokens (RFC 9068).
//!
//! Without features it must not do I/O or read a clock. Read on in `verifier.rs`, where the checks stand in their
//! order.
//!
#![cfg_attr(all(feature = "axum", feature = "remote"), doc = include_str!("../README.md"))]
//!
//! # The rules
//!
//! [`Verifier`] is a pure function: did this issuer sign this token for this service, and is it valid now? It must
//! not know a clock, a network, storage or HTTP: keys and `now` are arguments.
//!
//! No JOSE library is strict enough alone, so every rule stands here, before the signature check that `jsonwebtoken`
//! contributes. A token passes these checks in this order, and the first failure names the [`Rejection`]:
//!
//! | check | what it establishes |
//! | --- | --- |
//! | `compact` | three parts of canonical base64url, of bounded length |
//! | `header` | a strict JSON object that demands only ES256 and a trusted key |
//! | [`KeySet::get`] | the key is the issuer's, never one from the token |
//! | [`jws`] | the signature is valid; only now is a claim parsed |
//! | `claims` | a strict JSON object with every required claim, of the right type |
//! | [`Verifier`] | from this issuer, for this audience, valid at `now` |
//!
//! A status list token ([`Verifier::verify_status_list`]) passes the same checks, under its own type.
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
pub mod local;
mod members;
mod rejection;
pub mod rfc9068;
mod status_list;
mod strict_json;
mod thumbprint;
mod verify_error;

#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "remote")]
pub mod remote;

pub use claims::{AccessToken, StatusReference};
pub use idempotency::IdempotencyKey;
pub use keys::{KeyError, KeySet, PublicKey};
pub use rejection::Rejection;
pub use status_list::{Status, StatusList, StatusListToken};
pub use strict_json::JsonFault;
pub use thumbprint::thumbprint;
pub use types::{NumericDate, SessionId, UserId};
pub use verifier::{Skew, Verifier};
pub use verify_error::{Unavailable, VerifyError};
