//! Baton in the browser: pages, and the client that refreshes tokens, retries calls and shares a session between
//! tabs.
//!
//! Components run twice: the server renders them as HTML, which is readable before any script arrives, and the
//! browser hydrates that HTML. This crate must not know rotation or verification: both kinds of token are opaque to a
//! client.
//!
//! Start with [`page`](mod@page) for the document and [`session`] for the client.
#![expect(unreachable_pub, reason = "#[component] writes `pub` items whatever stands before `fn`")]

// Without it, the server's pages and the browser's would differ, and rustc gives up on the types of the pages.
#[cfg(not(any(erase_components, doc)))]
compile_error!(
    "RUSTFLAGS takes the place of the flags in .cargo/config.toml: add `--cfg erase_components` to it"
);

pub mod action;
mod api;
mod app;
mod components;
mod dom;
pub mod messages;
pub mod page;
mod pages;
mod part;
mod route;
mod router;
mod second_part;
pub mod session;
#[cfg(feature = "hydrate")]
mod start;
pub mod transport;

pub use app::App;
pub use page::shape::seal;
pub use page::{Assets, NotFoundFlag, NotesService, PageUrl, ServerRedirect, SignedInHint, page};
