//! HTTP: one endpoint per file, guards as extractors, one table from failures to problem documents. It must not know
//! SQL or make decisions about a session; handlers are wiring.
//!
//! Read [`guard`] first: a handler's signature names what it requires of a request.

pub mod around;
pub mod assets;
mod cached;
pub mod client_address;
pub mod clock;
mod compressed;
pub mod confirm;
pub mod cookie;
mod csp;
pub mod error;
pub mod events;
pub mod guard;
pub mod headers;
pub mod health;
pub mod idempotency;
pub mod introspect;
pub mod jwks;
mod lockout_advice;
pub mod login;
pub mod logout;
pub mod me;
pub mod metadata;
pub mod name;
pub mod native_answer;
pub mod native_login;
pub mod password;
pub mod problem;
pub mod refresh;
mod refusal_page;
pub mod register;
pub mod request_id;
pub mod revoke;
pub mod session_answer;
pub mod sessions;
pub mod site;
pub mod status_list;
pub mod timeout;
pub mod token;
