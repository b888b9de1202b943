//! The client: the one handle on the session of this browser, which refreshes tokens, retries calls and shares the
//! session with other tabs.
//!
//! The access token is in this handle's memory only: not in a signal, the document or storage. Views see an
//! [`AuthState`] and call methods; the client must not know views.
//!
//! Start with `handle` for what a session holds, [`refresh_outcome`] for the meaning of an answer, [`attempt`] for
//! the attempt key, `refresh` for single-flight refresh, `idempotent_action` for actions and their retries, `sign_in`
//! for login and logout, `step_up` for reauthentication, `session_poll` for revocation elsewhere, `cookies` for a
//! browser that keeps none.

mod action_keys;
pub mod address;
pub mod attempt;
mod auth_state;
pub mod back_off;
mod broadcast;
mod call;
mod call_error;
mod channel;
pub(crate) mod clock;
mod cookie_state;
mod cookies;
mod handle;
mod hint;
mod idempotent_action;
mod key_store;
mod local_storage;
pub(crate) mod location;
mod lock;
mod login_alert_check;
pub mod login_alerts;
mod logout_failure;
mod memory;
pub mod network_log;
pub mod no_cookie;
mod password_change;
pub mod pending_action;
pub(crate) mod probe;
mod random;
pub mod record;
mod refresh;
mod refresh_error;
pub mod refresh_outcome;
mod rejected;
mod resume;
pub mod retry;
mod revocation_reason;
mod send;
mod session_poll;
mod settings;
mod sign_in;
pub mod single_flight;
mod start;
mod step_up;
mod step_up_prompt;
mod storage_names;
mod tabs;
pub mod transient_error;
mod wake;

pub(crate) use auth_state::AuthStatus;
pub use auth_state::{AuthState, SignOutReason, SignedIn};
pub(crate) use call::{CallPath, CallResult};
pub(crate) use call_error::CallError;
pub(crate) use cookie_state::CookieState;
pub use handle::Session;
#[cfg(feature = "hydrate")]
pub(crate) use hint::is_there as hint_is_there;
pub(crate) use rejected::Rejected;
pub(crate) use step_up_prompt::StepUpReason;
