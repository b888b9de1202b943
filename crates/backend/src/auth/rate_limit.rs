//! Rate limits: how often, at once, in the memory of each instance. What must survive a restart is
//! counted in the store; see [`login_throttle`](super::login_throttle). It must not know what the calls do.

mod admission;
mod buckets;
mod rate;
mod rates;
#[cfg(test)]
mod school;
mod table;

use std::net::IpAddr;

use shared::{LimitedBy, SessionId, UserId};

use super::AuthError;
use super::callers::Caller;
use super::risk::network;
use super::security_event_log::SecurityEventLog;
use crate::clock::Clock;
use crate::store::{AccountTag, Event};
use buckets::Buckets;
pub use buckets::{MOST_KEYS, SHARED};
pub use rate::{NoRate, Period, Rate};
pub use rates::{RateError, Rates, bounds};
pub use table::{LIMITS, Limit, Row, TABLE};

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
    PasswordAttempt(AccountTag),
    /// A refresh token, by a hash of it.
    Ticket(AccountTag),
    /// One of those that find no place of their own.
    Shared(u64),
}

/// A call that comes too early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimited {
    /// What it was counted by.
    pub key: Key,
    /// Seconds until it is worth trying again; at least 1.
    pub retry_after: i64,
    /// Which limit on wrong passwords it was, if it was one.
    pub limited_by: Option<LimitedBy>,
}

impl RateLimited {
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
pub struct RateLimits(Option<All>);

struct All {
    /// One for each [`Limit`], by its number.
    buckets: [Buckets; LIMITS],
    /// Whether it was told lately that a limit was hit.
    told: Buckets,
    /// Authentic tickets that were refused a moment ago.
    refused: Buckets,
}

impl RateLimits {
    /// Limits with these rates.
    #[must_use]
    pub fn new(rates: &Rates, clock: &Clock) -> Self {
        let buckets = |rate| Buckets::new(rate, clock.clone());
        Self(Some(All {
            buckets: std::array::from_fn(|number| buckets(rates.of(TABLE[number].limit))),
            told: buckets(table::LOGGED),
            refused: buckets(table::REFUSED),
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
        self.0.as_ref().map_or(0, |all| all.each().map(Buckets::keys).sum())
    }

    /// The most keys there can ever be in memory.
    #[must_use]
    pub fn most_keys(&self) -> usize {
        self.0.as_ref().map_or(0, |all| all.each().count() * (MOST_KEYS + SHARED))
    }

    /// A login to an account from a device that is not known there.
    pub(super) fn login(
        &self,
        address: Option<IpAddr>,
        account: AccountTag,
    ) -> Result<(), RateLimited> {
        let network = network(address);
        // The pair first: who knocks at one door only shall not close the others for the neighbours.
        self.take(Limit::LoginsPerNetworkAndAccount, Key::Pair(network, account))?;
        self.take(Limit::LoginsPerNetwork, Key::Network(network))
    }

    /// A login from a known device, which is not counted against its network. Each login without the device's
    /// cookie makes another device known: the account has a limit of its own there.
    pub(super) fn login_on(
        &self,
        device: AccountTag,
        address: Option<IpAddr>,
        account: AccountTag,
    ) -> Result<(), RateLimited> {
        self.take(Limit::LoginsPerKnownDevice, Key::PasswordAttempt(device))?;
        self.take(
            Limit::KnownDeviceLoginsPerNetworkAndAccount,
            Key::Pair(network(address), account),
        )
    }

    /// A registration.
    pub(super) fn registration(&self, address: Option<IpAddr>) -> Result<(), RateLimited> {
        self.take(Limit::RegistrationsPerNetwork, Key::Network(network(address)))
    }

    /// A token that is not known to be genuine yet.
    fn refresh_from(&self, network: Key) -> Result<(), RateLimited> {
        self.take(Limit::RefreshesPerNetwork, network)
    }

    /// Only for an authentic ticket: anybody can write a session's id.
    fn refresh_of(&self, session: SessionId, user: Option<UserId>) -> Result<(), RateLimited> {
        self.take(Limit::RefreshesPerSession, Key::Session(session))?;
        match user {
            Some(user) => self.take(Limit::RefreshesPerAccount, Key::Account(user)),
            None => Ok(()),
        }
    }

    /// An authentic ticket was refused by these limits. Whether it will be again, without a look at it, for a moment.
    fn note_refused(&self, ticket: AccountTag) -> bool {
        self.0.as_ref().is_none_or(|all| {
            let _ = all.refused.take(Key::Ticket(ticket));
            all.refused.wait(Key::Ticket(ticket)).is_some()
        })
    }

    fn refused_ticket(&self, ticket: AccountTag) -> Result<(), RateLimited> {
        let key = Key::Ticket(ticket);
        match self.0.as_ref().and_then(|all| all.refused.wait(key)) {
            Some(retry_after) => Err(RateLimited { key, retry_after, limited_by: None }),
            None => Ok(()),
        }
    }

    /// Any call with an access token: what is not limited otherwise is limited here. A session has a part of what
    /// its account has: with a stolen one, a thief cannot keep the owner's others from ending it.
    fn call(&self, caller: &Caller, is_change: bool) -> Result<(), RateLimited> {
        let (session, account) = (Key::Session(caller.session), Key::Account(caller.user));
        self.take(Limit::CallsPerSession, session)?;
        if is_change {
            self.take(Limit::ChangesPerSession, session)?;
        }
        self.take(Limit::CallsPerAccount, account)?;
        if is_change { self.take(Limit::ChangesPerAccount, account) } else { Ok(()) }
    }

    /// A password given within a session, right or wrong: each costs a hash.
    pub(super) fn password_check(
        &self,
        user: UserId,
        session: SessionId,
    ) -> Result<(), RateLimited> {
        self.take(Limit::PasswordChecksPerSession, Key::Session(session))?;
        self.take(Limit::PasswordChecksPerAccount, Key::Account(user))
    }

    /// A question of a service, before the database is asked for its credentials: until they are known to be right,
    /// it counts against its network, and until they are known to be wrong, against the service that it names.
    fn introspection(&self, network: Key, service: Key) -> Result<(), RateLimited> {
        self.take(Limit::WrongServiceCredentialsPerNetwork, network)?;
        let taken = self.take(Limit::IntrospectionsPerService, service);
        taken.inspect_err(|_| self.give_back(Limit::WrongServiceCredentialsPerNetwork, network))
    }

    fn give_back(&self, limit: Limit, key: Key) {
        if let Some(all) = &self.0 {
            all.of(limit).give_back(key);
        }
    }

    fn take(&self, limit: Limit, key: Key) -> Result<(), RateLimited> {
        let Some(all) = &self.0 else { return Ok(()) };
        all.of(limit).take(key).map_err(|retry_after| RateLimited {
            key,
            retry_after,
            limited_by: None,
        })
    }

    /// Whether it is news that this limit was hit: once an hour, however often it is.
    pub(super) fn is_worth_logging(&self, limited: RateLimited) -> bool {
        self.0.as_ref().is_some_and(|all| all.logged.take(limited.key).is_ok())
    }

    /// The answer to a call that comes too early; the event goes into the record if it is news.
    pub(super) async fn refuse(
        &self,
        limited: RateLimited,
        event_log: &SecurityEventLog,
        event: impl AsyncFnOnce() -> Event,
    ) -> AuthError {
        if self.is_worth_logging(limited) {
            event_log.note(vec![event().await]).await;
        }
        let RateLimited { retry_after, limited_by, .. } = limited;
        AuthError::RateLimited { retry_after, limited_by }
    }
}

impl All {
    const fn of(&self, limit: Limit) -> &Buckets {
        &self.buckets[limit as usize]
    }

    fn each(&self) -> impl Iterator<Item = &Buckets> {
        self.buckets.iter().chain([&self.told, &self.refused])
    }
}
