//! Sessions: refresh, callers with an access token, logout, and the list of a user's own sessions.

pub mod callers;
pub mod logout;
pub mod own_sessions;
pub mod refresh;
mod remembered;
pub(in crate::auth) mod superseded;
pub mod tickets;
