//! Coverage: how often each kind of event and each decision has occurred. A run that explores too little must fail,
//! so the list of what must occur is here. The server's decisions are counted from its log lines: only there a
//! repeated answer differs from a first one.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use parking_lot::Mutex;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Decisions, by their names in the server's log.
pub const DECISIONS: [&str; 9] = [
    "refreshed",
    "recovered",
    "answered_again",
    "duplicate",
    "replayed",
    "refresh_refused Unknown",
    "refresh_refused Revoked",
    "refresh_refused Expired",
    CONTENDED,
];
/// The one decision that is an answer and no log line.
pub(crate) const CONTENDED: &str = "contended";

/// Every other event that must occur in a run.
pub const EVENTS: [&str; 47] = [
    "request arrives",
    "request is lost",
    "request is copied",
    SIGN_IN_COPIED,
    "answer arrives",
    "answer is lost",
    "cookie arrives, body is lost",
    "cookie arrives late",
    "client gives up",
    "tab receives a broadcast",
    "tab takes the lock",
    "tab continues without a lock",
    "tab looks again and finds a token",
    "tab retries with its key",
    "tab settles an attempt before a password change",
    "tab is reloaded",
    "login",
    "registration",
    "tab sends its sign-in again",
    "tab takes up a sign-in that got no answer",
    "sign-in is answered again",
    "sign-in is a duplicate",
    "address is taken",
    "logout",
    "password change",
    "call with an access token",
    "old access token is presented",
    "forged ticket is presented",
    "administrator revokes a session",
    "user is disabled",
    "instance crashes",
    "store fails before the action",
    "store fails after the action",
    "write finds a changed row",
    "store is unavailable",
    "database loses rotations",
    "time passes",
    "thief copies the jar",
    "thief copies the pending key",
    "thief presents a ticket",
    ACCEPTED_AS_REMEMBERED,
    ACCEPTED_IN_MEMORY,
    ROTATIONS_WRITTEN,
    "crash loses unwritten rotations",
    OTHERS_NOTICED,
    "call is aborted",
    "an aborted call's change is made",
];

/// A sign-in was retried by the browser, or by a proxy before the servers.
pub(crate) const SIGN_IN_COPIED: &str = "sign-in is copied";

/// A rotation that was decided on a remembered row took place.
pub(crate) const ACCEPTED_AS_REMEMBERED: &str = "rotation of a remembered row accepted";
/// In a memory-first world, a rotation took place in memory.
pub(crate) const ACCEPTED_IN_MEMORY: &str = "rotation accepted in memory";
/// Rotations in memory were written to the database.
pub(crate) const ROTATIONS_WRITTEN: &str = "rotations written";
/// An instance has dropped what was in its memory, because another process had committed.
pub(crate) const OTHERS_NOTICED: &str = "another process is noticed";

/// Sign-outs outside the assumptions: the known limits, counted.
pub(crate) const OUTSIDE: &str = "honest sign-out outside the assumptions";
/// A stolen key shared more than one generation: possible only if answers are split.
pub(crate) const SHARED: &str = "a copied key shared more than one generation";

/// Counts by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<&'static str, u64>);

impl Counts {
    pub(crate) fn add(&mut self, name: &'static str) {
        *self.0.entry(name).or_default() += 1;
    }

    /// The count of `name`.
    #[must_use]
    pub fn of(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or_default()
    }

    /// Adds the counts of another run.
    pub fn absorb(&mut self, other: &Self) {
        for (name, count) in &other.0 {
            *self.0.entry(name).or_default() += count;
        }
    }

    /// Every name with its count, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.0.iter().map(|(name, count)| (*name, *count))
    }

    /// The names that must occur and did not.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        DECISIONS.into_iter().chain(EVENTS).filter(|name| self.of(name) == 0).collect()
    }
}

/// A `tracing` subscriber that counts the server's decisions.
#[derive(Clone, Default)]
pub(crate) struct LogReader(Arc<Mutex<Counts>>);

impl LogReader {
    /// The counts since the last call.
    pub(crate) fn take(&self) -> Counts {
        std::mem::take(&mut *self.0.lock())
    }
}

impl Subscriber for LogReader {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("backend::auth")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        let name = line.name();
        if let Some(name) = DECISIONS.into_iter().find(|decision| *decision == name) {
            self.0.lock().add(name);
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The two fields of a log line that name the decision.
#[derive(Default)]
struct Line {
    event: String,
    cause: String,
}

impl Line {
    fn name(self) -> String {
        if self.cause.is_empty() { self.event } else { format!("{} {}", self.event, self.cause) }
    }
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "event" {
            value.clone_into(&mut self.event);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "cause" {
            self.cause = format!("{value:?}");
        }
    }
}
