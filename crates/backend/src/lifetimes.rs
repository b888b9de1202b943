//! Lifetimes in force. A setting such as `--access-token-seconds` sizes promises that outlive it: tokens that
//! were issued under a longer life are still out when an instance restarts with a shorter one, or runs beside
//! one that still has the longer one. So each instance writes into the database under which lifetimes it
//! issues, before it does ([`Lifetimes::hold`]), and everything that depends on how long something may live,
//! such as for how long a revocation is remembered, goes by the longest that is held there.
//!
//! A row is a lease: it is held until the last token that may be issued under it has expired, and renewed
//! every half hour while the instance runs. A renewal that fails matters only once the lease has run out. It must not
//! decide what a lifetime is used for.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use shared::NumericDate;

use crate::clock::Clock;
use crate::single_flight::SingleFlight;
use crate::store::{Change, HeldLifetime, Store, StoreError};
use crate::telemetry::causes;

/// For how long an instance may issue without writing again.
const LEASE_SECONDS: i64 = 3_600;
/// Renewed when so much of it is left.
pub const RENEW_SECONDS: i64 = LEASE_SECONDS / 2;
/// By how much the clocks of instances may differ.
const SLACK_SECONDS: i64 = 300;
/// How long a renewal may take. A token whose lease has run out waits for it, and is answered within 3 s.
const RENEWAL_TIME: Duration = Duration::from_millis(2_500);

/// A setting that sizes a promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// How long an access token lives.
    AccessToken,
    /// How long services may cache the key set.
    JwksCache,
    /// After how long without a refresh a session expires.
    SessionIdle,
    /// After how long a session expires.
    SessionAbsolute,
    /// How long security events of users are kept.
    EventRetention,
}

impl Lifetime {
    /// The name as stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessToken => "access_token",
            Self::JwksCache => "jwks_cache",
            Self::SessionIdle => "session_idle",
            Self::SessionAbsolute => "session_absolute",
            Self::EventRetention => "event_retention",
        }
    }

    /// The setting of this name. `None` for one that a newer version has stored.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let all = [
            Self::AccessToken,
            Self::JwksCache,
            Self::SessionIdle,
            Self::SessionAbsolute,
            Self::EventRetention,
        ];
        all.into_iter().find(|setting| setting.as_str() == name)
    }

    /// Whether what is issued under it lives for so long after it was issued. The others are rules that an
    /// instance follows while it runs.
    const fn outlives_its_instance(self) -> bool {
        matches!(self, Self::AccessToken | Self::JwksCache)
    }
}

/// A value, in seconds, for each setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LifetimeSet {
    /// How long an access token lives.
    pub access_token: i64,
    /// How long services may cache the key set.
    pub jwks_cache: i64,
    /// After how long without a refresh a session expires.
    pub session_idle: i64,
    /// After how long a session expires.
    pub session_absolute: i64,
    /// How long security events of users are kept.
    pub event_retention: i64,
}

const DAY: i64 = 86_400;

impl LifetimeSet {
    /// The longest that may be set. A value that is in force counts for as long after it was taken back, so that one
    /// that was mistyped must not pass. Browsers keep no cookie for longer than 400 days (RFC 10025). Migration 7
    /// takes these for what earlier versions have issued under.
    pub const LONGEST: Self = Self {
        access_token: DAY,
        jwks_cache: DAY,
        session_idle: 400 * DAY,
        session_absolute: 400 * DAY,
        event_retention: 3_650 * DAY,
    };

    const fn each(&self) -> [(Lifetime, i64); 5] {
        [
            (Lifetime::AccessToken, self.access_token),
            (Lifetime::JwksCache, self.jwks_cache),
            (Lifetime::SessionIdle, self.session_idle),
            (Lifetime::SessionAbsolute, self.session_absolute),
            (Lifetime::EventRetention, self.event_retention),
        ]
    }

    /// The longer of this set and of what is held, setting by setting.
    #[must_use]
    pub fn or_longer(mut self, held: &[HeldLifetime]) -> Self {
        for &HeldLifetime { setting, seconds, .. } in held {
            let own = match setting {
                Lifetime::AccessToken => &mut self.access_token,
                Lifetime::JwksCache => &mut self.jwks_cache,
                Lifetime::SessionIdle => &mut self.session_idle,
                Lifetime::SessionAbsolute => &mut self.session_absolute,
                Lifetime::EventRetention => &mut self.event_retention,
            };
            *own = seconds.max(*own);
        }
        self
    }

    /// The rows of an instance that issues under this set from now on.
    fn held_from(&self, now: NumericDate) -> Vec<HeldLifetime> {
        let row = |(setting, seconds): (Lifetime, i64)| {
            let lives = if setting.outlives_its_instance() { seconds } else { 0 };
            let held_until = now.plus(LEASE_SECONDS + SLACK_SECONDS).plus(lives);
            HeldLifetime { setting, seconds, held_until }
        };
        self.each().map(row).into()
    }
}

/// When instances last renewed their leases, to the half hour: what a database without a clock of its own can say
/// about the time.
pub fn renewals(held: &[HeldLifetime]) -> impl Iterator<Item = NumericDate> {
    let renewed = held.iter().filter(|held| !held.setting.outlives_its_instance());
    renewed.map(|held| held.held_until.plus(-(LEASE_SECONDS + SLACK_SECONDS)))
}

/// The lifetimes of this instance, and those in force over its database.
pub struct Lifetimes {
    configured: LifetimeSet,
    in_force: RwLock<LifetimeSet>,
    /// Until when this instance may issue under its own.
    leased_until: AtomicI64,
    renewals: SingleFlight<(), StoreError>,
    is_fixed: bool,
}

impl fmt::Debug for Lifetimes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lifetimes").field("configured", &self.configured).finish_non_exhaustive()
    }
}

impl Lifetimes {
    /// Those of an instance that holds nothing yet.
    #[must_use]
    pub fn new(configured: LifetimeSet, clock: &Clock) -> Self {
        Self {
            configured,
            in_force: RwLock::new(configured),
            leased_until: AtomicI64::new(i64::MIN),
            renewals: SingleFlight::new(RENEWAL_TIME, clock),
            is_fixed: false,
        }
    }

    /// Those of an instance that shares its database with no other one and stores nothing: for simulations.
    #[must_use]
    pub fn fixed(configured: LifetimeSet) -> Self {
        Self { is_fixed: true, ..Self::new(configured, &Clock::manual(NumericDate(0))) }
    }

    /// What this instance issues under.
    #[must_use]
    pub const fn configured(&self) -> &LifetimeSet {
        &self.configured
    }

    /// The longest that any instance may have issued under, as it was read last.
    #[must_use]
    pub fn in_force(&self) -> LifetimeSet {
        // A set is never left half written.
        *self.in_force.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sees to it that the database holds what this instance is about to issue under. To be called before
    /// anything is issued. It writes nothing while the lease lasts: [`Lifetimes::renew_in_time`] does.
    ///
    /// # Errors
    /// If the lease has run out and storage fails: then nothing may be issued.
    pub async fn hold(
        self: &Arc<Self>,
        store: &Arc<dyn Store>,
        now: NumericDate,
    ) -> Result<(), StoreError> {
        if self.is_fixed || self.lasts_at(now, 1) {
            return Ok(());
        }
        match self.renew(store, now).await {
            // It was written, and what others hold could not be read.
            Err(_) if self.lasts_at(now, 1) => Ok(()),
            renewed => renewed,
        }
    }

    /// Renews the lease once half of it has passed. Nobody waits for that: it lasts, and a failure is tried again
    /// when this is called next.
    pub fn renew_in_time(self: &Arc<Self>, store: &Arc<dyn Store>, now: NumericDate) {
        if self.is_fixed || self.lasts_at(now, RENEW_SECONDS) {
            return;
        }
        let (lifetimes, store) = (Arc::clone(self), Arc::clone(store));
        tokio::spawn(async move {
            if let Err(error) = lifetimes.renew(&store, now).await {
                let cause = causes(&error);
                tracing::warn!(event = "lifetimes.not_renewed", %error, cause);
            }
        });
    }

    /// Whether so much of the lease is left. A clock that was set back must not stretch it.
    fn lasts_at(&self, now: NumericDate, seconds: i64) -> bool {
        let left = self.leased_until.load(Ordering::Acquire).saturating_sub(now.0);
        (seconds..=LEASE_SECONDS).contains(&left)
    }

    /// One write for all that ask at the same moment.
    async fn renew(
        self: &Arc<Self>,
        store: &Arc<dyn Store>,
        now: NumericDate,
    ) -> Result<(), StoreError> {
        let (lifetimes, store) = (Arc::clone(self), Arc::clone(store));
        let write = async move || {
            // Another one may have landed before this one began.
            if lifetimes.lasts_at(now, RENEW_SECONDS) {
                return Ok(());
            }
            let held = lifetimes.configured.held_from(now);
            let expired_before = now.plus(-SLACK_SECONDS);
            store.commit(Change::HoldLifetimes { held, expired_before }, Vec::new()).await?;
            lifetimes.leased_until.store(now.plus(LEASE_SECONDS).0, Ordering::Release);
            lifetimes.read(&*store).await
        };
        Ok(self.renewals.run(RENEWAL_TIME, write).await?)
    }

    /// Reads what is in force.
    ///
    /// # Errors
    /// If storage fails: then it stays as it was.
    pub async fn read(&self, store: &dyn Store) -> Result<(), StoreError> {
        if self.is_fixed {
            return Ok(());
        }
        let in_force = self.configured.or_longer(&store.lifetimes().await?);
        *self.in_force.write().unwrap_or_else(PoisonError::into_inner) = in_force;
        Ok(())
    }
}
