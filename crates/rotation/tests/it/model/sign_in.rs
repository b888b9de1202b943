//! Idempotency of registration and login, as a model of its own: one attempt whose request arrives up to eight times, at
//! instances that look for its key and commit later, with the very `decide_sign_in` that the server runs.
//!
//! Read in this order: [`world`] (what may happen), [`state`] (one moment), [`step`] and [`server`] (what follows),
//! [`verdict`] (what must hold), [`questions`] (what is asked).

pub(crate) mod questions;
mod server;
mod state;
mod step;
pub(crate) mod story;
mod verdict;
mod world;
