//! Baton's server: the only crate that knows axum, sqlx, tokio and leptos_axum.
//!
//! A guard reads the request ([`http`]), a handler calls the domain ([`auth`]), and the domain loads the session,
//! asks `rotation` to decide, and applies the decision with one conditional write ([`store`]). Time, randomness,
//! storage and the network enter through four modules: [`clock`], [`entropy`], [`store`] and [`server`].
//!
//! Start reading at [`router`], then [`auth::session::refresh`].
#![forbid(unsafe_code)]

pub mod app;
pub mod auth;
pub mod clock;
pub mod command;
pub mod config;
pub mod entropy;
pub mod fail_fast;
pub mod http;
pub mod keys;
pub mod lifetimes;
pub mod pace;
pub mod prune;
pub mod readiness;
pub mod router;
pub mod server;
pub mod single_flight;
pub mod store;
pub mod telemetry;
