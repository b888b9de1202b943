//! The contract between Baton's server and its browser client, and between that client and the notes service.
//!
//! It defines once what both sides must agree on: paths, bodies, error codes, ids, instants, and the rule for new
//! passwords. It must not know about HTTP libraries, storage, clocks or cryptography; it knows `serde`, `uuid` and
//! `zeroize` and compiles for the browser.
//!
//! Read on in [`body`] and [`note`] for the wire format, in `rotation` for the meaning of a refresh token.
#![forbid(unsafe_code)]

pub mod body;
pub mod code;
pub mod date;
pub mod device;
pub mod event;
pub mod id;
pub mod idempotency;
pub mod note;
pub mod password;
pub mod path;
pub mod problem;
pub mod secret;

pub use code::ErrorCode;
pub use date::NumericDate;
pub use device::{Device, DeviceKind};
pub use event::{RevocationReason, EventKind};
pub use id::{EventId, NoteId, SessionId, UserId};
pub use problem::{FieldError, LimitedBy, Problem};
pub use secret::Secret;
