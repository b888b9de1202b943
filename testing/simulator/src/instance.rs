//! A server instance, and how it starts: over the database alone, with remembered rows, or with rotations in its memory
//! first.

use std::pin::Pin;
use std::sync::Arc;

use backend::auth::revocation::revocation_cache::RevocationCache;
use backend::auth::security_event_log::SecurityEventLog;
use backend::auth::token::access_token::AccessTokens;
use backend::clock::Clock;
use backend::entropy::Entropy;
use backend::keys::KeyRing;
use backend::store::{Hot, Remembering, Store, StoreError};

use crate::server::Server;
use crate::setting::{Bug, Setting};
use crate::store::{Engine, Fault, Served, SimulatedStore};

/// A server instance, which may be down.
pub(crate) struct Instance {
    pub(crate) server: Arc<Server>,
    pub(crate) up: bool,
    /// The rows in its memory, in a memory-first world.
    pub(crate) hot: Option<Arc<Hot<Engine>>>,
    /// What it is doing beside its calls.
    pub(crate) background: Option<Background>,
}

/// A write of rotations, or a look at what other processes have done.
pub(crate) struct Background {
    /// The fault of its next access to the store.
    pub(crate) fault: Option<Fault>,
    pub(crate) running: Pin<Box<dyn Future<Output = Result<(), StoreError>>>>,
}

impl Background {
    pub(crate) fn begin(hot: Arc<Hot<Engine>>, settles: bool, fault: Option<Fault>) -> Self {
        let running =
            Box::pin(async move { if settles { hot.settle().await } else { hot.write().await } });
        Self { fault, running }
    }
}

/// What instances are started with.
pub(crate) struct Machine {
    seed: u64,
    memory_first: bool,
    remembering: bool,
    bug: Option<Bug>,
    clock: Clock,
    store: Arc<SimulatedStore>,
    keys: Arc<KeyRing>,
    access_tokens: AccessTokens,
    starts: u64,
}

impl Machine {
    pub(crate) fn new(
        seed: u64,
        setting: &Setting,
        clock: &Clock,
        store: &Arc<SimulatedStore>,
        keys: &Arc<KeyRing>,
        access_tokens: &AccessTokens,
    ) -> Self {
        Self {
            seed,
            memory_first: setting.memory_first,
            remembering: setting.remembering,
            bug: setting.experiment.bug,
            clock: clock.clone(),
            store: Arc::clone(store),
            keys: Arc::clone(keys),
            access_tokens: access_tokens.clone(),
            starts: 0,
        }
    }

    /// Starts an instance. Its memory is empty, and it makes other ids than those before.
    pub(crate) fn start(&mut self) -> Instance {
        let entropy = Entropy::seeded(self.seed.wrapping_mul(4).wrapping_add(self.starts));
        self.starts += 1;
        let engine = Engine::over(&self.store);
        let hot = self.memory_first.then(|| Arc::new(Hot::by_hand(engine.clone())));
        let store: Arc<dyn Store> = match &hot {
            Some(hot) => {
                let rows = Arc::downgrade(hot);
                self.store.memory_begins(move || {
                    rows.upgrade().map(|hot| hot.unwritten()).unwrap_or_default()
                });
                Arc::new(Served { hot: Arc::clone(hot), engine, bug: self.bug })
            }
            None if self.remembering => Arc::new(Remembering::over(engine)),
            None => Arc::new(engine),
        };
        let revocations = Arc::new(RevocationCache::new(&self.clock));
        let event_log = SecurityEventLog::new(store, self.clock.clone(), entropy, revocations);
        let server = Server::new(event_log, Arc::clone(&self.keys), self.access_tokens.clone());
        Instance { server: Arc::new(server), up: true, hot, background: None }
    }
}
