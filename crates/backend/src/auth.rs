//! The domain: accounts, passwords, sessions, access tokens and refresh tokens. It must not know HTTP: no status,
//! header or cookie. Each operation loads, decides, applies.
//!
//! Start at [`session::refresh`], which answers a presented refresh token.

pub mod account;
mod caller;
pub mod deadline;
mod error;
pub mod idempotency;
pub mod introspection;
pub mod login;
pub mod native_clients;
mod permits;
pub mod rate_limit;
mod request_context;
pub mod revocation;
pub mod risk;
pub mod security_event_log;
pub mod session;
mod tag;
pub mod token;

pub use caller::Caller;
pub use error::AuthError;
pub use request_context::{RequestContext, SignInContext};
pub use token::issue_tokens::IssuedTokens;
