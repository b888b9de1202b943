//! A command-line client of a Baton: what a browser's client does, with a file in place of the cookie jar.
//!
//! - The refresh token is in a file of mode 0600, the access token in memory alone ([`session_file`]).
//! - An attempt key is stored before a refresh is sent, and removed with its answer, so that a lost answer signs out
//!   no user (`docs/design/rotation.md`).
//! - One process refreshes at a time, by a file lock.
//! - Only 401 `invalid_grant` ends the session; 429, 5xx and a missing answer are transient ([`client`]).
//!
//! CSRF: Baton refuses a changing call whose `Origin` or `Sec-Fetch-Site` names another site. Only browsers send
//! these, and only browsers add cookies to the calls of other sites, so a client like this one sends neither header.
#![forbid(unsafe_code)]

pub mod client;
pub mod error;
pub mod origin;
pub mod session_file;
mod transport;

pub use client::Client;
pub use error::ClientError;
pub use origin::Origin;
pub use session_file::SessionFile;
