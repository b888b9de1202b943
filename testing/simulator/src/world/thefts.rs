//! The steps of a thief: it steals a browser's refresh token once, with or without the pending idempotency key, and
//! then replays and rotates it, with keys of its own or the stolen one.

use frontend::session::attempt::KeyStore as _;
use frontend::session::refresh_outcome::{RefreshOutcome, classify};

use crate::network::{Party, Reply};
use crate::server::{Call, Cookie};
use crate::setting::Loot;
use crate::thief::Thief;
use crate::trace::record;
use crate::world::World;

impl World {
    /// The thief's next step.
    pub(crate) fn thief_acts(&mut self) {
        if self.thief.jar.is_none() {
            self.thief_copies();
        } else if self.thief.waiting.is_none() {
            self.thief_refreshes();
        } else if self.rng.percent(10) {
            self.thief.waiting = None;
        }
    }

    fn thief_copies(&mut self) {
        let browser = self.rng.below(self.browsers.len());
        // A thief that wants the key mostly waits for one.
        let waits = self.setting.loot == Loot::JarAndKey && self.rng.percent(90);
        if waits && self.browsers[browser].shelf.read().is_none() {
            return;
        }
        let Some(ticket) = self.browsers[browser].jar.clone() else { return };
        let key = match self.setting.loot {
            Loot::JarAndKey => self.browsers[browser].shelf.key(),
            Loot::Jar | Loot::Nothing => None,
        };
        if !self.observer.copied(&ticket, key.as_deref(), self.event) {
            // One theft per session is enough.
            return;
        }
        self.counts.add("thief copies the jar");
        if key.is_some() {
            self.counts.add("thief copies the pending key");
        }
        let what = key.as_ref().map_or(String::new(), |key| format!(" and the pending {key}"));
        record!(self, "a thief copies the jar of browser {}{what}", browser + 1);
        let stubborn = self.rng.percent(50);
        self.thief =
            Thief { jar: Some(ticket), copied: key, stubborn, pending: None, waiting: None };
    }

    fn thief_refreshes(&mut self) {
        let Some(ticket) = self.thief.jar.clone() else { return };
        let key = match self.thief.pending.take().or_else(|| self.thief.copied.clone()) {
            Some(key) => Some(key),
            None if self.rng.percent(20) => None,
            None => Some(self.fresh_key()),
        };
        if !self.thief.stubborn {
            self.thief.copied = None;
        }
        self.counts.add("thief presents a ticket");
        self.thief.pending.clone_from(&key);
        let request = self.send(Party::Thief, Call::Refresh { ticket, key });
        self.thief.waiting = Some(request);
    }

    /// An answer reaches the thief.
    pub(crate) fn thief_receives(&mut self, reply: &Reply) {
        if self.thief.waiting != Some(reply.request) {
            return;
        }
        self.thief.waiting = None;
        let classified = classify(&Ok(reply.answer.clone()));
        if classified.settled {
            self.thief.pending = None;
        }
        if let Cookie::Set(ticket) = &reply.cookie {
            self.thief.jar = Some(ticket.clone());
        }
        if matches!(classified.outcome, RefreshOutcome::SignedOut) {
            record!(self, "the thief is detected");
            self.thief = Thief::default();
        }
    }
}
