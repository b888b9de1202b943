//! Deterministic simulation: clients, servers, a store and a thief in one world, over the real domain code.
//!
//! A seed draws a [`setting`], then one event after another: a request arrives or is lost, a call runs to its next
//! access to the store, an instance crashes, a thief steals the cookies. There is no concurrency: calls are futures
//! polled by hand, clocks are advanced by hand, and one seeded generator makes every choice. The same seed gives the
//! same trace on every machine.
//!
//! Real code: `backend::auth::session::refresh::Sessions` with its tickets, MACs and signatures, `rotation::{decide,
//! decide_sign_in}`, idempotency keys as `backend::auth::idempotency` looks for them and commits them, the engine in
//! memory with its conditional writes, in some worlds `backend::store::Hot`, where rotations take place in memory
//! first, and of the client `frontend::session::{attempt, refresh_outcome, retry}`. Models: [`server`] for HTTP and
//! hasher, [`browser`] and [`tab`] for the browser around that code. It must not know tokio, threads or time.
//!
//! Read [`setting`] for the assumptions, [`invariants`] for the promises, [`world`] for the loop, then [`network`],
//! [`scheduler`], [`store`], [`instance`], [`tab`], [`thief`] and [`faults`] for what can happen.
#![forbid(unsafe_code)]

mod browser;
pub mod coverage;
mod faults;
mod instance;
pub mod invariants;
mod network;
mod rng;
mod scheduler;
mod server;
mod setting;
mod store;
mod tab;
mod thief;
mod trace;
mod world;

use std::sync::Arc;

use backend::auth::token::access_token::AccessTokens;
use backend::entropy::Entropy;
use backend::keys::{KeyPlan, KeyRing};
use coverage::{Counts, LogReader};
use invariants::Violation;
pub use setting::{Assumption, Bug, Experiment};
use shared::NumericDate;
use trace::Trace;
use world::World;

/// How many events a seed has.
pub const EVENTS: u32 = 300;

/// One signing key: no rotation during a run.
const KEY_PLAN: KeyPlan = KeyPlan {
    jwks_cache_seconds: 300,
    rotation_seconds: i64::MAX / 4,
    access_token_seconds: 900,
    session_seconds: 2_592_000,
};

/// Runs seeds, all with one key ring.
pub struct Simulator {
    keys: Arc<KeyRing>,
    access_tokens: AccessTokens,
    experiment: Experiment,
}

/// The result of a seed.
pub struct Run {
    /// How many events it had.
    pub events: u32,
    /// The coverage.
    pub counts: Counts,
    /// The violated invariant, if any.
    pub violation: Option<Violation>,
    /// The recorded sentences; empty without tracing.
    pub trace: Vec<String>,
}

impl Default for Simulator {
    fn default() -> Self {
        Self::new()
    }
}

impl Simulator {
    /// A simulator of the product as it is.
    #[must_use]
    pub fn new() -> Self {
        Self::with(Experiment::default())
    }

    /// A simulator with a planted bug, or without an assumption.
    #[must_use]
    pub fn with(experiment: Experiment) -> Self {
        let keys = Arc::new(KeyRing::in_memory(&Entropy::seeded(0), KEY_PLAN, NumericDate(0)));
        let origin = "http://localhost:3000";
        let access_tokens = AccessTokens::new(Arc::clone(&keys), origin, &[origin.to_owned()]);
        Self { keys, access_tokens, experiment }
    }

    /// Runs one seed.
    #[must_use]
    pub fn run(&self, seed: u64) -> Run {
        self.run_with(seed, Trace::new(false))
    }

    /// Runs one seed and records its trace.
    #[must_use]
    pub fn run_traced(&self, seed: u64) -> Run {
        self.run_with(seed, Trace::new(true))
    }

    fn run_with(&self, seed: u64, trace: Trace) -> Run {
        let log = LogReader::default();
        let mut world = tracing::subscriber::with_default(log.clone(), || {
            let mut world =
                World::new(seed, self.experiment, trace, &self.keys, &self.access_tokens);
            while world.event < EVENTS && world.observer.violation().is_none() {
                world.step();
            }
            world
        });
        let mut counts = std::mem::take(&mut world.counts);
        counts.absorb(&world.observer.counts);
        counts.absorb(&world.store.counts());
        counts.absorb(&log.take());
        let violation = world.observer.violation().cloned();
        Run { events: world.event, counts, violation, trace: world.trace.into_lines() }
    }
}
