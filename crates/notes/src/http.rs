//! The service over HTTP. Handlers are wiring: what they take says who may call them, what they do is one
//! call to the store. Next: `collection.rs` and `one.rs` for the calls, `error.rs` for how they fail.

pub mod body;
pub mod collection;
pub mod error;
pub mod health;
pub mod one;
pub mod rate_limit;
pub mod request;
pub mod timeout;
pub mod version;
pub mod write;
