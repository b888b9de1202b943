//! Guards: what a handler requires of a request, as extractors: the CSRF check (`same_origin.rs`), the bearer token,
//! cookies, bodies. The signature is the security argument. They must only parse and verify; an absent credential is
//! `None`, a bad one an error.

mod attempt_key;
mod authorization;
mod bearer;
mod body;
mod client_credentials;
mod devices;
mod expected_session;
mod foreign_cause;
mod form;
mod idempotency_key;
mod no_browser;
mod presented_tokens;
mod recent_login;
mod refresh_cookie;
mod refresh_form;
mod request_context;
mod same_origin;
mod service_caller;
mod session_cookies;
mod sign_in_context;

pub use crate::auth::{RequestContext, SignInContext};
pub use attempt_key::AttemptKey;
pub use bearer::Bearer;
pub(in crate::http) use body::read as read_body;
pub use body::{Empty, Json};
pub use devices::Devices;
pub use expected_session::ExpectedSession;
pub use foreign_cause::ForeignCause;
pub use form::Form;
pub use idempotency_key::IdempotencyKey;
pub use no_browser::NoBrowser;
pub use presented_tokens::PresentedTokens;
pub use recent_login::RecentLogin;
pub use refresh_cookie::{RefreshCookie, RefreshCookies};
pub use refresh_form::RefreshForm;
pub use same_origin::SameOrigin;
pub use service_caller::{ServiceCaller, TokenForm};
pub use session_cookies::SessionCookies;
