//! Lifetimes in force. A setting such as `--access-token-seconds` sizes promises that outlive it: access tokens of
//! a longer lifetime are still valid when an instance restarts with a shorter one, or runs beside one that still
//! has the longer one. So each instance writes its lifetimes into the database before it issues under them
//! ([`Lifetimes::hold`]), and all that depends on a lifetime, such as how long a revocation is kept, uses the
//! longest that is held there.
//!
//! A row is a lease: it is held until the expiry of the last token that may be issued under it, and renewed every
//! half hour while the instance runs. A renewal that fails matters only once the lease has run out.

mod setting;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use parking_lot::RwLock;
use shared::NumericDate;

use crate::clock::Clock;
use crate::single_flight::SingleFlight;
use crate::store::{Change, HeldLifetime, Store, StoreError};
use crate::telemetry::causes;
pub use setting::Lifetime;

/// How long an instance may issue tokens without renewing its lease.
const LEASE_SECONDS: i64 = 3_600;
/// A lease is renewed when less than this is left of it.
pub const RENEW_SECONDS: i64 = LEASE_SECONDS / 2;
/// How far the clocks of instances may differ.
const SLACK_SECONDS: i64 = 300;
/// Timeout of a renewal. A token without a lease waits for it, and is answered within 3 s.
const RENEWAL_TIME: Duration = Duration::from_millis(2_500);

/// A value, in seconds, for each setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LifetimeSet {
    /// How long an access token lives.
    pub access_token: i64,
    /// How long services may cache the JWKS.
    pub jwks_cache: i64,
    /// Expiry of a session without a refresh.
    pub session_idle: i64,
    /// Expiry of a session.
    pub session_absolute: i64,
    /// How long security events of users are kept.
    pub event_retention: i64,
}

const DAY: i64 = 86_400;

impl LifetimeSet {
    /// The upper bounds. A value stays in force for as long again after it is taken back, so a mistyped one must
    /// not pass. Browsers keep no cookie for longer than 400 days (RFC 10025). Migration 7 assumes that earlier
    /// versions have issued under these.
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

    /// The longer of this set and the held rows, setting by setting.
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

/// When instances last renewed their leases, to the half hour: evidence of the time in a database without a clock.
pub fn renewals(held: &[HeldLifetime]) -> impl Iterator<Item = NumericDate> {
    let renewed = held.iter().filter(|held| !held.setting.outlives_its_instance());
    renewed.map(|held| held.held_until.plus(-(LEASE_SECONDS + SLACK_SECONDS)))
}

/// The lifetimes of this instance, and those in force for its database.
pub struct Lifetimes {
    configured: LifetimeSet,
    in_force: RwLock<LifetimeSet>,
    /// Expiry of this instance's lease.
    leased_until: AtomicI64,
    renewals: SingleFlight<(), StoreError>,
    clock: Clock,
    is_fixed: bool,
}

impl fmt::Debug for Lifetimes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lifetimes").field("configured", &self.configured).finish_non_exhaustive()
    }
}

impl Lifetimes {
    /// Without a lease yet.
    #[must_use]
    pub fn new(configured: LifetimeSet, clock: &Clock) -> Self {
        Self {
            configured,
            in_force: RwLock::new(configured),
            leased_until: AtomicI64::new(i64::MIN),
            renewals: SingleFlight::new(RENEWAL_TIME, clock),
            clock: clock.clone(),
            is_fixed: false,
        }
    }

    /// For simulations: an instance that shares its database with no other one and stores no lease.
    #[must_use]
    pub fn fixed(configured: LifetimeSet) -> Self {
        Self { is_fixed: true, ..Self::new(configured, &Clock::manual(NumericDate(0))) }
    }

    /// The lifetimes that this instance issues under.
    #[must_use]
    pub const fn configured(&self) -> &LifetimeSet {
        &self.configured
    }

    /// The longest that any instance may have issued under, cached at the last read.
    #[must_use]
    pub fn in_force(&self) -> LifetimeSet {
        *self.in_force.read()
    }

    /// Ensures that the database holds this instance's lifetimes. Call it before issuing a token. It writes no row
    /// while the lease lasts: [`Lifetimes::renew_in_time`] does.
    ///
    /// # Errors
    /// If the lease has run out and storage fails: then no token may be issued.
    pub async fn hold(
        self: &Arc<Self>,
        store: &Arc<dyn Store>,
        now: NumericDate,
    ) -> Result<(), StoreError> {
        if self.is_fixed || self.lasts_at(now, 1) {
            return Ok(());
        }
        match self.renew(store, now).await {
            // The lease was written; only reading the leases of others has failed.
            Err(_) if self.lasts_at(now, 1) => Ok(()),
            renewed => renewed,
        }
    }

    /// Renews the lease in the background once half of it has passed. The next call retries after a failure.
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

    /// Whether so many seconds of the lease are left. A clock that was set back must not stretch it.
    fn lasts_at(&self, now: NumericDate, seconds: i64) -> bool {
        let left = self.leased_until.load(Ordering::Acquire).saturating_sub(now.0);
        (seconds..=LEASE_SECONDS).contains(&left)
    }

    /// Single flight: concurrent callers share one write.
    async fn renew(
        self: &Arc<Self>,
        store: &Arc<dyn Store>,
        now: NumericDate,
    ) -> Result<(), StoreError> {
        let (lifetimes, store) = (Arc::clone(self), Arc::clone(store));
        let write = async move || {
            // Another flight may have landed before this one began.
            if lifetimes.lasts_at(now, RENEW_SECONDS) {
                return Ok(());
            }
            let held = lifetimes.configured.held_from(now);
            // By a clock ahead, leases would expire whose tokens are still valid by the right time.
            let settled = lifetimes.clock.settled_now();
            let expired_before = settled.map_or(NumericDate(0), |_| now.plus(-SLACK_SECONDS));
            store.commit(Change::HoldLifetimes { held, expired_before }, Vec::new()).await?;
            lifetimes.leased_until.store(now.plus(LEASE_SECONDS).0, Ordering::Release);
            lifetimes.read(&*store).await
        };
        Ok(self.renewals.run(RENEWAL_TIME, write).await?)
    }

    /// Reads the lifetimes in force into the cache.
    ///
    /// # Errors
    /// If storage fails: then the cache stays as it was.
    pub async fn read(&self, store: &dyn Store) -> Result<(), StoreError> {
        if self.is_fixed {
            return Ok(());
        }
        let in_force = self.configured.or_longer(&store.lifetimes().await?);
        *self.in_force.write() = in_force;
        Ok(())
    }
}
