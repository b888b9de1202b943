//! Tests of pages and client that need no browser; `end2end` has the others. The module list is a table of contents.
#![forbid(unsafe_code)]

mod action;
mod address;
mod attempt;
mod auth_state;
mod back_off;
mod login_alerts;
mod messages;
mod network_log;
mod no_cookie;
#[cfg(feature = "ssr")]
mod pages;
mod pending_action;
mod quoted_messages;
mod refresh_outcome;
mod retry;
mod single_flight;
mod transport;
