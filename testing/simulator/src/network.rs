//! The network between clients and servers: requests and answers in flight. What happens to them is in
//! `world/messages.rs`, what they mean to their receivers in `world/cookies.rs` and `world/thefts.rs`.

use frontend::transport::Answer;

use crate::server::{Call, Cookie};

/// The sender of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Party {
    /// A tab of a browser, by their indices.
    Tab(usize, usize),
    Thief,
    /// A sender that ignores the answer: an administrator, a forger, the holder of a stale access token.
    Stranger,
}

/// A request in flight. A duplicate has the id of the original.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) id: u32,
    pub(crate) from: Party,
    pub(crate) call: Call,
    /// The event at which the client sent it.
    pub(crate) sent: u32,
    /// It does not arrive before this event.
    pub(crate) earliest: u32,
    /// The client does not wait for the answer to a duplicate.
    pub(crate) is_copy: bool,
}

/// An answer in flight.
#[derive(Clone)]
pub(crate) struct Reply {
    pub(crate) request: u32,
    pub(crate) to: Party,
    pub(crate) answer: Answer,
    pub(crate) cookie: Cookie,
}

/// All messages in flight.
#[derive(Default)]
pub(crate) struct Wire {
    pub(crate) requests: Vec<Request>,
    pub(crate) replies: Vec<Reply>,
}
