//! Idempotency of registration and login, as a model of its own: one attempt whose request arrives up to eight times, at
//! instances that look for its key and commit later, with the very `decide_sign_in` that the server runs.
//!
//! Read in this order: [`world`] (what may happen), [`state`] (one moment), [`step`] and [`server`] (what follows),
//! [`invariants`] (what must hold), [`checks`] (what is asked).

pub(crate) mod checks;
mod invariants;
mod server;
mod state;
mod step;
pub(crate) mod trace;
mod world;
