//! Connection limits: a slot for each connection, so many in all and so many of one network, and eviction when
//! there is none left.
//!
//! A slot is lost only by a client that keeps the server waiting: for a request's headers, for the rest of its
//! body, or until its answer is read. The one that has done so longest is evicted in favour of a new connection, of
//! the same network if that network has its share. So slow clients, however many, hold slots only as long as no
//! other client needs them. A request that the server itself works on is not cut.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use crate::auth::risk::network::network;
use crate::config::{Proxies, Settings};
use crate::http::cookie;

/// File descriptors that stay free for the database, the log and the standard streams.
const OTHER_FILES: u64 = 64;
/// A network has one in so many of all connections at most.
const NETWORK_PART: usize = 8;
/// When all are taken, one in so many of them may be about to be closed at most.
const LEAVING_PART: usize = 64;
/// Pause before a retry when the server works on a request of every connection.
const RETRY: Duration = Duration::from_millis(20);

/// How many connections there may be at a time.
#[derive(Debug, Clone)]
pub struct ConnectionLimits {
    /// In all.
    pub total: usize,
    /// Of one network: an IPv4 address, or a /64 of IPv6.
    pub per_network: usize,
    /// Networks without a share of their own: behind a proxy are many clients.
    pub exempt: Vec<Proxies>,
    /// The names of the cookies that are read, however many others come along.
    pub cookies: Arc<[String]>,
}

impl ConnectionLimits {
    /// As many as the settings say, or file descriptors allow once this process has raised its limit of them.
    #[must_use]
    pub fn of(settings: &Settings) -> Self {
        let files = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(1024);
        let places = usize::try_from(files.saturating_sub(OTHER_FILES)).unwrap_or(usize::MAX);
        let total = settings.max_connections.min(places).max(1);
        let per_network = match settings.limits {
            Some(_) => (total / NETWORK_PART).max(1),
            None => total,
        };
        let cookies = cookie::names(settings.origin.port()).into();
        Self { total, per_network, exempt: settings.trusted_proxies.clone(), cookies }
    }
}

/// The slots. Clones share them.
#[derive(Clone)]
pub(super) struct Slots(Arc<Shared>);

struct Shared {
    limits: ConnectionLimits,
    table: Mutex<Table>,
    freed: Notify,
}

#[derive(Default)]
struct Table {
    next: u64,
    taken: HashMap<u64, Taken>,
    /// How many of each network are taken and not evicted.
    networks: HashMap<IpAddr, usize>,
    /// How many are evicted and not yet closed.
    leaving: usize,
}

struct Taken {
    peer: IpAddr,
    network: Option<IpAddr>,
    connection: Arc<Connection>,
}

/// The state of one connection.
pub(super) struct Connection {
    phase: Mutex<Phase>,
    evicted: Notify,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Since when the client keeps the server waiting.
    Waiting(Instant),
    /// The server works on a request.
    Working,
    Evicted,
}

/// A slot that is taken. It is free again when this is dropped.
pub(super) struct Slot {
    id: u64,
    shared: Arc<Shared>,
    pub(super) connection: Arc<Connection>,
}

impl Slot {
    /// The names of the cookies that are read on its connection.
    pub(super) fn cookies(&self) -> Arc<[String]> {
        Arc::clone(&self.shared.limits.cookies)
    }
}

/// Why there is no slot.
enum NoSlot {
    /// All are taken.
    Full,
    /// The network has its share, and the server works on a request of each.
    Refused,
}

impl Slots {
    pub(super) fn new(limits: ConnectionLimits) -> Self {
        Self(Arc::new(Shared { limits, table: Mutex::default(), freed: Notify::new() }))
    }

    /// A slot for a connection of this peer, as soon as one is free. `None` if its network has its share.
    pub(super) async fn acquire(&self, peer: IpAddr) -> Option<Slot> {
        loop {
            match self.try_acquire(peer) {
                Ok(slot) => return Some(slot),
                Err(NoSlot::Refused) => {
                    tracing::warn!(event = "connection.refused", client = %peer);
                    return None;
                }
                Err(NoSlot::Full) => {
                    let _ = timeout(RETRY, self.0.freed.notified()).await;
                }
            }
        }
    }

    fn try_acquire(&self, peer: IpAddr) -> Result<Slot, NoSlot> {
        let limits = &self.0.limits;
        let peer = peer.to_canonical();
        let is_exempt = limits.exempt.iter().any(|proxies| proxies.contain(peer));
        let network = network(Some(peer)).filter(|_| !is_exempt);
        let mut table = self.0.table();
        if table.share_of(network) >= limits.per_network && !table.evict(network) {
            return Err(NoSlot::Refused);
        }
        if table.taken.len() >= limits.total {
            // One eviction makes room; more are needed if it takes its time.
            if table.leaving < limits.total.div_ceil(LEAVING_PART) {
                table.evict(None);
            }
            return Err(NoSlot::Full);
        }
        let id = table.next;
        table.next += 1;
        let connection = Arc::new(Connection::new());
        table.taken.insert(id, Taken { peer, network, connection: Arc::clone(&connection) });
        if let Some(network) = network {
            *table.networks.entry(network).or_insert(0) += 1;
        }
        Ok(Slot { id, shared: Arc::clone(&self.0), connection })
    }
}

impl Shared {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock()
    }
}

impl Table {
    fn share_of(&self, network: Option<IpAddr>) -> usize {
        network.and_then(|network| self.networks.get(&network)).copied().unwrap_or(0)
    }

    /// Evicts the connection that has kept the server waiting longest: of this network, or of all. Returns whether
    /// there was one.
    fn evict(&mut self, network: Option<IpAddr>) -> bool {
        let is_meant = |taken: &&Taken| network.is_none() || taken.network == network;
        let waiting = self.taken.values().filter(is_meant);
        let waiting = waiting.filter_map(|taken| Some((taken.connection.waiting_since()?, taken)));
        let Some((since, taken)) = waiting.min_by_key(|(since, _)| *since) else { return false };
        let waited = since.elapsed().as_secs();
        tracing::info!(event = "connection.evicted", client = %taken.peer, waited);
        taken.connection.evict();
        let network = taken.network;
        self.leaving += 1;
        self.give_share_back(network);
        true
    }

    fn give_share_back(&mut self, network: Option<IpAddr>) {
        let Some(network) = network else { return };
        if let Some(share) = self.networks.get_mut(&network) {
            *share -= 1;
            if *share == 0 {
                self.networks.remove(&network);
            }
        }
    }
}

impl Connection {
    fn new() -> Self {
        Self { phase: Mutex::new(Phase::Waiting(Instant::now())), evicted: Notify::new() }
    }

    /// The server works on a request.
    pub(super) fn work(&self) {
        self.change(|_| Phase::Working);
    }

    /// The client keeps the server waiting, from now on or since before.
    pub(super) fn wait(&self) {
        self.change(|phase| match phase {
            Phase::Working => Phase::Waiting(Instant::now()),
            other => other,
        });
    }

    /// Resolves when the connection is to be closed, because another one needs its slot.
    pub(super) async fn evicted(&self) {
        self.evicted.notified().await;
    }

    fn evict(&self) {
        self.change(|_| Phase::Evicted);
        // The permit is kept for a task that does not wait for it yet.
        self.evicted.notify_one();
    }

    fn waiting_since(&self) -> Option<Instant> {
        match *self.phase() {
            Phase::Waiting(since) => Some(since),
            Phase::Working | Phase::Evicted => None,
        }
    }

    fn is_evicted(&self) -> bool {
        *self.phase() == Phase::Evicted
    }

    fn change(&self, to: impl FnOnce(Phase) -> Phase) {
        let mut phase = self.phase();
        // Eviction is final.
        if *phase != Phase::Evicted {
            *phase = to(*phase);
        }
    }

    fn phase(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock()
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut table = self.shared.table();
        match table.taken.remove(&self.id) {
            Some(taken) if taken.connection.is_evicted() => table.leaving -= 1,
            Some(taken) => table.give_share_back(taken.network),
            None => {}
        }
        drop(table);
        self.shared.freed.notify_one();
    }
}
