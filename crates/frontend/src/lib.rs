//! Baton in the browser: the pages, and the client side of the relay.
//!
//! The same components run twice: on the server they become HTML that can be read before any
//! script has arrived, in the browser they take that HTML over. This crate must not know about
//! rotation or verification: to the client both kinds of token are opaque.
//!
//! Read on in [`page`] for the document, in [`session`] for the relay.
#![expect(unreachable_pub, reason = "#[component] writes `pub` items whatever stands before `fn`")]

pub mod action;
mod api;
mod app;
mod components;
mod dom;
pub mod messages;
pub mod page;
mod pages;
pub mod session;
#[cfg(feature = "hydrate")]
mod start;
pub mod transport;

pub use app::App;
pub use page::shape::seal;
pub use page::{Assets, NotFoundFlag, SignedInHint, page};
