//! Refresh token rotation: what a presented refresh token means.
//!
//! It must not do I/O, read a clock or draw randomness. Read in this order: [`ticket`], [`attempt`], [`family`],
//! [`policy`], [`decide`](mod@decide); [`sign_in`] does the same for a retried login.
//!
#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod attempt;
pub mod decide;
pub mod family;
pub mod policy;
pub mod sign_in;
pub mod ticket;

pub use attempt::Attempt;
pub use decide::{Decision, Refusal, decide};
pub use family::{Family, Standing};
pub use policy::Policy;
pub use sign_in::{SignIn, decide_sign_in};
pub use ticket::{Generation, RefreshKey, Seed, Ticket, UnverifiedTicket};
pub use types::{NumericDate, SessionId};
