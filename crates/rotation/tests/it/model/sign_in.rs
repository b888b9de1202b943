//! A model of idempotent registration and login: one attempt whose request arrives up to eight times, at instances
//! that look up its key and commit later. It calls the server's own `decide_sign_in`.
//!
//! Read in this order: [`world`] (the possible faults), [`state`], [`step`] and [`server`] (the transitions),
//! [`invariants`], [`checks`] (which invariants are checked where).

pub(crate) mod checks;
mod invariants;
mod server;
mod state;
mod step;
pub(crate) mod trace;
mod world;
