//! How often, at once: limits in the memory of each instance, for bursts. What must survive a restart is
//! counted in the store; see [`guessing`](super::guessing). It must not know what the calls do.

mod admission;
mod buckets;

use std::net::IpAddr;

use shared::{LimitedBy, SessionId, UserId};

use super::AuthError;
use super::callers::Caller;
use super::journal::Journal;
use super::suspicion::network;
use crate::clock::Clock;
use crate::store::{AccountTag, Event};
use buckets::Buckets;
pub use buckets::{MOST_KEYS, SHARED};

/// What calls are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    /// A network; all calls of which nobody knows where they come from are from one.
    Network(Option<IpAddr>),
    /// An account, from a network.
    Pair(Option<IpAddr>, AccountTag),
    /// A session.
    Session(SessionId),
    /// A user.
    Account(UserId),
    /// A service, by a hash of its id.
    Service(AccountTag),
    /// An account, a known device, or a session whose password is guessed.
    Guess(AccountTag),
    /// One of those that find no place of their own.
    Shared(u64),
}

/// A call that comes too early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooEarly {
    /// What it was counted by.
    pub key: Key,
    /// Seconds until it is worth trying again; at least 1.
    pub retry_after: i64,
    /// Which limit on wrong passwords it was, if it was one.
    pub limited_by: Option<LimitedBy>,
}

impl TooEarly {
    /// The same, where it was a session's passwords that were wrong: a lockout there is the session's alone.
    #[must_use]
    pub(super) fn in_session(self) -> Self {
        let of_session = |limited_by| match limited_by {
            LimitedBy::Lockout => LimitedBy::SessionLockout,
            other => other,
        };
        Self { limited_by: self.limited_by.map(of_session), ..self }
    }
}

/// All limits, or none.
pub struct Limits(Option<All>);

struct All {
    logins_by_network: Buckets,
    logins_by_pair: Buckets,
    logins_on_known_devices: Buckets,
    registrations: Buckets,
    refreshes_by_network: Buckets,
    refreshes_by_session: Buckets,
    calls_by_session: Buckets,
    calls_by_account: Buckets,
    changes_by_session: Buckets,
    changes_by_account: Buckets,
    password_checks_by_session: Buckets,
    password_checks_by_account: Buckets,
    wrong_credentials_by_network: Buckets,
    introspections_by_service: Buckets,
    /// Whether it was told lately that a limit was hit.
    told: Buckets,
}

impl Limits {
    /// As a server in front of users needs them: far above what people do, a whole office of them behind
    /// one address included. Each is so many at once, and one more every so many milliseconds.
    #[must_use]
    pub fn standard(clock: &Clock) -> Self {
        let buckets = |at_once, milliseconds| Buckets::new(at_once, milliseconds, clock.clone());
        Self(Some(All {
            logins_by_network: buckets(100, 5_000),
            logins_by_pair: buckets(20, 15_000),
            logins_on_known_devices: buckets(60, 15_000),
            registrations: buckets(60, 60_000),
            refreshes_by_network: buckets(4_000, 10),
            refreshes_by_session: buckets(400, 500),
            calls_by_session: buckets(200, 100),
            calls_by_account: buckets(400, 50),
            changes_by_session: buckets(60, 1_000),
            changes_by_account: buckets(240, 250),
            password_checks_by_session: buckets(20, 15_000),
            password_checks_by_account: buckets(80, 4_000),
            wrong_credentials_by_network: buckets(4_000, 10),
            introspections_by_service: buckets(4_000, 1),
            told: buckets(1, 3_600_000),
        }))
    }

    /// None: for tests and benchmarks.
    #[must_use]
    pub const fn off() -> Self {
        Self(None)
    }

    /// Whether there are any.
    #[must_use]
    pub const fn are_on(&self) -> bool {
        self.0.is_some()
    }

    /// How many keys are in memory.
    #[must_use]
    pub fn keys(&self) -> usize {
        self.0.as_ref().map_or(0, |all| all.each().map(Buckets::keys).iter().sum())
    }

    /// The most keys there can ever be in memory.
    #[must_use]
    pub fn most_keys(&self) -> usize {
        self.0.as_ref().map_or(0, |all| all.each().len() * (MOST_KEYS + SHARED))
    }

    /// A login to an account from a device that is not known there.
    pub(super) fn login(
        &self,
        address: Option<IpAddr>,
        account: AccountTag,
    ) -> Result<(), TooEarly> {
        let network = network(address);
        // The pair first: who knocks at one door only shall not close the others for the neighbours.
        self.take(|all| &all.logins_by_pair, Key::Pair(network, account))?;
        self.take(|all| &all.logins_by_network, Key::Network(network))
    }

    /// A login from a known device, which is not counted against its network. Each login without the device's
    /// cookie makes another device known: the account has a limit of its own there.
    pub(super) fn login_on(
        &self,
        device: AccountTag,
        address: Option<IpAddr>,
        account: AccountTag,
    ) -> Result<(), TooEarly> {
        self.take(|all| &all.logins_by_pair, Key::Guess(device))?;
        self.take(|all| &all.logins_on_known_devices, Key::Pair(network(address), account))
    }

    /// A registration.
    pub(super) fn registration(&self, address: Option<IpAddr>) -> Result<(), TooEarly> {
        self.take(|all| &all.registrations, Key::Network(network(address)))
    }

    fn refresh_from(&self, address: Option<IpAddr>) -> Result<(), TooEarly> {
        self.take(|all| &all.refreshes_by_network, Key::Network(network(address)))
    }

    /// Only for an authentic ticket: anybody can write a session's id.
    fn refresh_of(&self, session: SessionId) -> Result<(), TooEarly> {
        self.take(|all| &all.refreshes_by_session, Key::Session(session))
    }

    /// Any call with an access token: what is not limited otherwise is limited here. A session has a part of what
    /// its account has: with a stolen one, a thief cannot keep the owner's others from ending it.
    fn call(&self, caller: &Caller, is_change: bool) -> Result<(), TooEarly> {
        let (session, account) = (Key::Session(caller.session), Key::Account(caller.user));
        self.take(|all| &all.calls_by_session, session)?;
        if is_change {
            self.take(|all| &all.changes_by_session, session)?;
        }
        self.take(|all| &all.calls_by_account, account)?;
        if is_change { self.take(|all| &all.changes_by_account, account) } else { Ok(()) }
    }

    /// A password given within a session, right or wrong: each costs a hash.
    pub(super) fn password_check(&self, user: UserId, session: SessionId) -> Result<(), TooEarly> {
        self.take(|all| &all.password_checks_by_session, Key::Session(session))?;
        self.take(|all| &all.password_checks_by_account, Key::Account(user))
    }

    /// A question of a service, before the database is asked for its credentials: until they are known to be right,
    /// it counts against its network, and until they are known to be wrong, against the service that it names.
    fn introspection(&self, network: Key, service: Key) -> Result<(), TooEarly> {
        self.take(|all| &all.wrong_credentials_by_network, network)?;
        let taken = self.take(|all| &all.introspections_by_service, service);
        taken.inspect_err(|_| self.give_back(|all| &all.wrong_credentials_by_network, network))
    }

    fn give_back(&self, which: impl FnOnce(&All) -> &Buckets, key: Key) {
        if let Some(all) = &self.0 {
            which(all).give_back(key);
        }
    }

    fn take(&self, which: impl FnOnce(&All) -> &Buckets, key: Key) -> Result<(), TooEarly> {
        let Some(all) = &self.0 else { return Ok(()) };
        which(all).take(key).map_err(|retry_after| TooEarly { key, retry_after, limited_by: None })
    }

    /// Whether it is news that this limit was hit: once an hour, however often it is.
    pub(super) fn is_news(&self, too_early: TooEarly) -> bool {
        self.0.as_ref().is_some_and(|all| all.told.take(too_early.key).is_ok())
    }

    /// The answer to a call that comes too early; the event goes into the record if it is news.
    pub(super) async fn refuse(
        &self,
        too_early: TooEarly,
        journal: &Journal,
        event: impl AsyncFnOnce() -> Event,
    ) -> AuthError {
        if self.is_news(too_early) {
            journal.note(vec![event().await]).await;
        }
        let TooEarly { retry_after, limited_by, .. } = too_early;
        AuthError::Limited { retry_after, limited_by }
    }
}

impl All {
    const fn each(&self) -> [&Buckets; 15] {
        [
            &self.logins_by_network,
            &self.logins_by_pair,
            &self.logins_on_known_devices,
            &self.registrations,
            &self.refreshes_by_network,
            &self.refreshes_by_session,
            &self.calls_by_session,
            &self.calls_by_account,
            &self.changes_by_session,
            &self.changes_by_account,
            &self.password_checks_by_session,
            &self.password_checks_by_account,
            &self.wrong_credentials_by_network,
            &self.introspections_by_service,
            &self.told,
        ]
    }
}
