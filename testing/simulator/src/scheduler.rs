//! Calls in flight at the servers, polled by hand: no runtime, no thread, no time. A call advances only when the seed
//! says so, and yields before and after each access to the store, so that every interleaving of reads and conditional
//! writes can occur.

use std::task::{Context, Poll, Waker};

use crate::network::Request;
use crate::server::{Outcome, Running};
use crate::store::{Fault, SimulatedStore};

/// A call in flight.
pub(crate) struct InFlight {
    pub(crate) request: Request,
    /// The instance it runs on; a crash aborts it.
    pub(crate) instance: usize,
    /// The event at which the request arrived.
    pub(crate) began: u32,
    /// The fault of its next access to the store.
    pub(crate) fault: Option<Fault>,
    /// How many more of its conditional writes find a changed row.
    pub(crate) lost_races: u8,
    /// Whether storage has failed it.
    pub(crate) failed: bool,
    pub(crate) running: Running,
}

impl InFlight {
    /// Polls it once: to the next side of an access to the store, or to the end. Also returns the fault that struck.
    pub(crate) fn advance(&mut self, store: &SimulatedStore) -> (Poll<Outcome>, Option<Fault>) {
        let race = (self.lost_races > 0).then_some(Fault::Changed);
        store.arm(self.fault.or(race));
        let polled = self.running.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        let struck = store.disarm();
        match struck {
            Some(Fault::Changed) => self.lost_races -= 1,
            Some(_) => {
                self.fault = None;
                self.failed = true;
            }
            None => {}
        }
        (polled, struck)
    }
}
