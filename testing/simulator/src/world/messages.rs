//! What happens to requests and answers: they arrive, are lost, reordered, duplicated or retried.

use backend::auth::AuthError;

use crate::coverage::{CONTENDED, SIGN_IN_COPIED};
use crate::invariants::Finished;
use crate::network::{Party, Reply, Request};
use crate::scheduler::InFlight;
use crate::server::{self, Call, Outcome};
use crate::trace::record;
use crate::world::World;

/// The most duplicates of a sign-in, with the original. Browsers retry a POST by themselves, up to seven times.
const MOST_OF_A_SIGN_IN: usize = 8;

impl World {
    /// Sends a request; its id.
    pub(crate) fn send(&mut self, from: Party, call: Call) -> u32 {
        self.last_request += 1;
        let id = self.last_request;
        record!(self, "{} sends {} (request {id})", self.name(from), self.describe(&call));
        self.observer.sent(&call);
        let (sent, earliest) = (self.event, self.event);
        self.wire.requests.push(Request { id, from, call, sent, earliest, is_copy: false });
        id
    }

    /// The requests that may arrive now.
    pub(crate) fn arriving(&self) -> Vec<usize> {
        let ready = self.wire.requests.iter().enumerate();
        ready.filter(|(_, it)| it.earliest <= self.event).map(|(index, _)| index).collect()
    }

    /// A request arrives at an instance. If that is down, the request is lost.
    pub(crate) fn request_arrives(&mut self) {
        let arriving = self.arriving();
        let request = self.wire.requests.swap_remove(arriving[self.rng.below(arriving.len())]);
        let instance = self.rng.below(self.instances.len());
        if !self.instances[instance].up {
            self.counts.add("request is lost");
            record!(self, "request {} finds instance {} down", request.id, instance + 1);
            return;
        }
        self.counts.add("request arrives");
        record!(self, "request {} arrives at instance {}", request.id, instance + 1);
        let server = std::sync::Arc::clone(&self.instances[instance].server);
        let running = server::begin(server, request.call.clone(), self.setting.experiment.bug);
        self.in_flight.push(InFlight {
            request,
            instance,
            began: self.event,
            fault: None,
            lost_races: 0,
            failed: false,
            running,
        });
    }

    /// A request is lost.
    pub(crate) fn request_is_lost(&mut self) {
        let index = self.rng.below(self.wire.requests.len());
        let request = self.wire.requests.swap_remove(index);
        self.counts.add("request is lost");
        record!(self, "request {} is lost", request.id);
    }

    /// A request is duplicated; the duplicate may arrive much later.
    pub(crate) fn request_is_copied(&mut self) {
        let index = self.rng.below(self.wire.requests.len());
        let longest = if self.setting.late_requests { 60 } else { 20 };
        let earliest = self.event + self.rng.within(0, longest);
        let copy = Request { is_copy: true, earliest, ..self.wire.requests[index].clone() };
        self.counts.add("request is copied");
        record!(self, "request {} is copied", copy.id);
        self.wire.requests.push(copy);
    }

    /// Whether a sign-in is in flight.
    pub(crate) fn is_signing_in(&self) -> bool {
        self.wire.requests.iter().any(|request| matches!(request.call, Call::SignIn(_)))
    }

    /// The browser, or a proxy before the servers, retries a sign-in: up to seven times, soon or much later.
    pub(crate) fn sign_in_is_copied(&mut self) {
        let requests = self.wire.requests.iter().enumerate();
        let sign_ins = requests.filter(|(_, request)| matches!(request.call, Call::SignIn(_)));
        let places: Vec<usize> = sign_ins.map(|(place, _)| place).collect();
        let place = places[self.rng.below(places.len())];
        let original = self.wire.requests[place].clone();
        let alike = self.wire.requests.iter().filter(|request| request.id == original.id);
        let room = MOST_OF_A_SIGN_IN.saturating_sub(alike.count());
        if room == 0 {
            return;
        }
        let copies = 1 + self.rng.below(room);
        self.counts.add(SIGN_IN_COPIED);
        record!(self, "request {} is copied: {copies} more", original.id);
        for _ in 0..copies {
            let longest = if self.rng.percent(50) { 10 } else { 120 };
            let earliest = self.event + self.rng.within(0, longest);
            self.wire.requests.push(Request { is_copy: true, earliest, ..original.clone() });
        }
        if !original.is_copy && self.rng.percent(30) {
            // The first connection is closed: the client gets the answer to the last retry.
            self.wire.requests[place].is_copy = true;
            let last = self.wire.requests.last_mut().expect("a copy was pushed");
            (last.is_copy, last.earliest) = (false, original.earliest);
        }
    }

    /// A call advances by one step.
    pub(crate) fn call_advances(&mut self) {
        let index = self.rng.below(self.in_flight.len());
        let mut call = self.in_flight.swap_remove(index);
        let (polled, struck) = call.advance(&self.store);
        if let Some(fault) = struck {
            self.fault_struck(&format!("request {}", call.request.id), fault);
        }
        match polled {
            std::task::Poll::Pending => self.in_flight.push(call),
            std::task::Poll::Ready(outcome) => self.call_ends(&call, &outcome),
        }
    }

    fn call_ends(&mut self, call: &InFlight, outcome: &Outcome) {
        // A rotation in memory is answered in the step in which it takes place.
        self.look_at_rows();
        if matches!(outcome, Outcome::Failed(AuthError::Contended)) {
            self.counts.add(CONTENDED);
        }
        record!(self, "request {} is done: {}", call.request.id, self.describe_outcome(outcome));
        let finished = Finished {
            request: &call.request,
            began: call.began,
            failed: call.failed,
            outcome,
            event: self.event,
            now: self.clock.now(),
        };
        self.observer.finished(&finished, &self.store, &self.setting);
        if !call.request.is_copy && call.request.from != Party::Stranger {
            let (answer, cookie) = server::on_the_wire(&call.request.call, outcome);
            let (request, to) = (call.request.id, call.request.from);
            self.wire.replies.push(Reply { request, to, answer, cookie });
        }
    }

    /// An answer is lost.
    pub(crate) fn reply_is_lost(&mut self) {
        let index = self.rng.below(self.wire.replies.len());
        let reply = self.wire.replies.swap_remove(index);
        self.counts.add("answer is lost");
        record!(self, "the answer to request {} is lost", reply.request);
    }

    /// An answer arrives, whole or only as far as its cookies.
    pub(crate) fn reply_arrives(&mut self, whole: bool) {
        let index = self.rng.below(self.wire.replies.len());
        let reply = self.wire.replies.swap_remove(index);
        self.counts.add(if whole { "answer arrives" } else { "cookie arrives, body is lost" });
        if self.setting.late_cookies && self.rng.percent(20) {
            // Once more, later: a stale `Set-Cookie`, reordered with later ones.
            self.wire.replies.push(reply.clone());
        }
        match reply.to {
            Party::Tab(browser, tab) => self.browser_receives(browser, tab, reply, whole),
            Party::Thief => self.thief_receives(&reply),
            Party::Stranger => {}
        }
    }
}
