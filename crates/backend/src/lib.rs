//! Baton's server: the only crate that knows axum, sqlx, tokio and leptos_axum.
//!
//! Data takes one way: a guard reads the request ([`http`]), a handler calls the domain ([`auth`]),
//! the domain loads, asks `rotation` to decide, and applies the answer through one conditional
//! write ([`store`]). Time, randomness, storage and the network enter through four small doors:
//! [`clock`], [`entropy`], [`store`] and [`server`].
//!
//! Start reading at [`router`], then [`auth::sessions`].
#![forbid(unsafe_code)]

pub mod app;
pub mod auth;
pub mod clock;
pub mod command;
pub mod config;
pub mod entropy;
pub mod http;
pub mod keys;
pub mod lifetimes;
pub mod prune;
pub mod readiness;
pub mod router;
pub mod server;
pub mod single_flight;
pub mod store;
pub mod telemetry;
