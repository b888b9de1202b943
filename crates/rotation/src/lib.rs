//! Refresh token rotation: what a presented refresh token means.
//!
//! A refresh token is a numbered [`Ticket`] of a [`Family`]. The family is one row of state: the generation last
//! accepted, and its attempt key. From that row, an authentic ticket and the current time, [`decide`] says what the
//! server must do; no other code in Baton decides it. A retry is proved by its attempt key, never guessed from time:
//! the same ticket with the same key is a retry by the same client; the same ticket with another key is a replay, two
//! parties holding one token (RFC 9700 section 4.14.2).
//!
//! This crate must not do I/O, read a clock or draw randomness; its `Cargo.toml` is the proof. Read in this order:
//! [`ticket`], [`attempt`], [`family`], [`policy`], [`decide`](mod@decide); [`sign_in`] does the same for a retried
//! login.
//!
//! ```
//! use rotation::{Attempt, Decision, Family, Generation, NumericDate, Policy, decide};
//!
//! let policy = Policy { idle_seconds: 604_800, absolute_seconds: 2_592_000 };
//! let now = NumericDate(1_800_000_000);
//! let attempt = Attempt::parse("\"4ZQ9mT7vJ2cXwK1bRrY0Hg\"").ok();
//!
//! // Sign-in issued ticket 1; the browser presents it.
//! let family = Family::begun(now);
//! let first = Generation::FIRST;
//! assert_eq!(decide(&family, first, attempt.as_ref(), now, policy), Decision::Accept { generation: first });
//!
//! // The answer was lost; the browser retries with the same key, however late.
//! let family = family.accepted(first, attempt.clone(), now);
//! assert_eq!(decide(&family, first, attempt.as_ref(), now.plus(86_400), policy), Decision::AnswerAgain);
//!
//! // A thief replays the same ticket.
//! assert_eq!(decide(&family, first, None, now, policy), Decision::Replay);
//! ```
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
