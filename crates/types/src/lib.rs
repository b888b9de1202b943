//! The types that rotation, verification and the contract have in common: ids, instants, secrets, the idempotency
//! key, and the problems of any service with bearer tokens. It must not know pages, bodies, clocks or I/O, and
//! compiles for the browser.
//!
#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod challenge;
pub mod date;
pub mod id;
pub mod idempotency;
pub mod problem;
pub mod secret;

pub use date::NumericDate;
pub use id::{EventId, SessionId, UserId};
pub use problem::ProblemType;
pub use secret::Secret;
