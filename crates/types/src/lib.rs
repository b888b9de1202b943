//! The types that rotation, verification and the contract have in common: ids, instants, secrets and the idempotency
//! key. It must not know pages, bodies, error codes, clocks or I/O, and compiles for the browser.
//!
#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod date;
pub mod id;
pub mod idempotency;
pub mod secret;

pub use date::NumericDate;
pub use id::{EventId, SessionId, UserId};
pub use secret::Secret;
