//! Rate limits: token buckets in the memory of each instance; their rates are in `table`. Counts that must survive a
//! restart are in the store; see [`login_throttle`](super::login::login_throttle).

pub mod admission;
mod buckets;
mod key;
mod rate;
mod rates;
#[cfg(test)]
mod shared_address;
mod table;

use std::net::IpAddr;

use shared::{SessionId, UserId};

use super::risk::network::network;
use crate::clock::Clock;
use crate::store::AccountTag;
use buckets::Buckets;
pub use buckets::{MOST_KEYS, SHARED};
pub use key::{Key, RateLimited};
pub use rate::{NoRate, Period, Rate};
pub use rates::{RateError, Rates, bounds};
pub use table::{LIMITS, Limit, Row, TABLE};

/// All rate limits, or none.
pub struct RateLimits(Option<All>);

struct All {
    /// One for each [`Limit`], by its number.
    buckets: [Buckets; LIMITS],
    /// Limits the log lines about a limit.
    logged: Buckets,
    /// A cache of authentic tickets that were refused a moment ago.
    refused: Buckets,
}

impl RateLimits {
    /// Limits with these rates.
    #[must_use]
    pub fn new(rates: &Rates, clock: &Clock) -> Self {
        let buckets = |rate| Buckets::new(rate, clock.clone());
        Self(Some(All {
            buckets: std::array::from_fn(|number| buckets(rates.of(TABLE[number].limit))),
            logged: buckets(table::LOGGED),
            refused: buckets(table::REFUSED),
        }))
    }

    /// No limits: for tests and benchmarks.
    #[must_use]
    pub const fn off() -> Self {
        Self(None)
    }

    /// Whether limits are on.
    #[must_use]
    pub const fn are_on(&self) -> bool {
        self.0.is_some()
    }

    /// How many keys are in memory.
    #[must_use]
    pub fn keys(&self) -> usize {
        self.0.as_ref().map_or(0, |all| all.each().map(Buckets::keys).sum())
    }

    /// The bound on the keys in memory.
    #[must_use]
    pub fn most_keys(&self) -> usize {
        self.0.as_ref().map_or(0, |all| all.each().count() * (MOST_KEYS + SHARED))
    }

    /// Counts a login to an account from an unknown device.
    pub(super) fn login(
        &self,
        address: Option<IpAddr>,
        account: AccountTag,
    ) -> Result<(), RateLimited> {
        let network = network(address);
        // The pair first: attempts on one account must not use up the limit of other accounts on the network.
        self.take(Limit::LoginsPerNetworkAndAccount, Key::Pair(network, account))?;
        self.take(Limit::LoginsPerNetwork, Key::Network(network))
    }

    /// Counts a login from a known device, which does not count against its network. Each login without the device's
    /// cookie creates another known device, so the account has a limit of its own for them.
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

    /// Counts a registration.
    pub(super) fn registration(&self, address: Option<IpAddr>) -> Result<(), RateLimited> {
        self.take(Limit::RegistrationsPerNetwork, Key::Network(network(address)))
    }

    /// Counts a token that is not verified yet.
    fn refresh_from(&self, network: Key) -> Result<(), RateLimited> {
        self.take(Limit::RefreshesPerNetwork, network)
    }

    /// Only for an authentic ticket: any caller can write a session's id.
    fn refresh_of(&self, session: SessionId, user: Option<UserId>) -> Result<(), RateLimited> {
        self.take(Limit::RefreshesPerSession, Key::Session(session))?;
        match user {
            Some(user) => self.take(Limit::RefreshesPerAccount, Key::Account(user)),
            None => Ok(()),
        }
    }

    fn has_room_for_refresh(&self, session: SessionId, user: UserId) -> bool {
        self.0.as_ref().is_none_or(|all| {
            let waits = |limit, key| all.of(limit).wait(key).is_some();
            !waits(Limit::RefreshesPerSession, Key::Session(session))
                && !waits(Limit::RefreshesPerAccount, Key::Account(user))
        })
    }

    /// Caches that an authentic ticket was refused. Whether it will be refused for a moment without being judged.
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

    /// Counts any call with an access token, so a call without a limit of its own has this one. A session gets a part
    /// of its account's limit: a thief with a stolen session cannot keep the owner's other sessions from revoking it.
    fn call(&self, session: SessionId, user: UserId, is_change: bool) -> Result<(), RateLimited> {
        let (session, account) = (Key::Session(session), Key::Account(user));
        self.take(Limit::CallsPerSession, session)?;
        if is_change {
            self.take(Limit::ChangesPerSession, session)?;
        }
        self.take(Limit::CallsPerAccount, account)?;
        if is_change { self.take(Limit::ChangesPerAccount, account) } else { Ok(()) }
    }

    /// Counts a password given within a session, right or wrong: each costs a hash.
    pub(super) fn password_check(
        &self,
        user: UserId,
        session: SessionId,
    ) -> Result<(), RateLimited> {
        self.take(Limit::PasswordChecksPerSession, Key::Session(session))?;
        self.take(Limit::PasswordChecksPerAccount, Key::Account(user))
    }

    /// Counts a service's call before the database is read: until its credentials are known to be right, against the
    /// network, and until they are known to be wrong, against the service that they name.
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

    /// Whether to log this limit: once an hour for each key.
    pub(super) fn is_worth_logging(&self, limited: RateLimited) -> bool {
        self.0.as_ref().is_some_and(|all| all.logged.take(limited.key).is_ok())
    }
}

impl All {
    const fn of(&self, limit: Limit) -> &Buckets {
        &self.buckets[limit as usize]
    }

    fn each(&self) -> impl Iterator<Item = &Buckets> {
        self.buckets.iter().chain([&self.logged, &self.refused])
    }
}
