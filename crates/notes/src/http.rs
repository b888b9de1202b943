//! The service over HTTP. A handler is wiring: its signature names the credentials and preconditions it requires, its
//! body is one call to the store. Next: `collection.rs` and `one.rs` for the endpoints, `error.rs` for failures.

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
