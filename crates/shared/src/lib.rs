//! The contract between Baton's server and its browser client, and between that client and the notes service.
//!
//! It defines once what both sides must agree on: paths, bodies, error codes with their statuses and titles, and the
//! rule for new passwords; ids and instants are those of `types`. It must not know about HTTP libraries, storage,
//! clocks or cryptography, and compiles for the browser.
//!
//! Read on in [`body`] and [`note`] for the wire format, in `rotation` for the meaning of a refresh token.
#![forbid(unsafe_code)]

pub mod body;
pub mod code;
pub mod device;
pub mod event;
pub mod id;
pub mod note;
pub mod password;
pub mod path;
pub mod problem;

pub use code::ErrorCode;
pub use device::{Device, DeviceKind};
pub use event::{EventKind, RevocationReason};
pub use id::NoteId;
pub use problem::{FieldError, LimitedBy, Problem};
pub use types::{EventId, NumericDate, ProblemType, Secret, SessionId, UserId, challenge};
