//! The state that handlers share.

use verifier::remote::Issuer;

use crate::dependencies::Dependencies;
use crate::permits::SearchPermits;
use crate::rate_limit::RateLimit;
use crate::store::Store;

/// The state that handlers share.
#[derive(Clone)]
pub struct AppState {
    /// The notes.
    pub store: Store,
    /// The issuer of access tokens.
    pub issuer: Issuer,
    /// Clock and randomness.
    pub dependencies: Dependencies,
    /// The rate limit of each user.
    pub rate_limit: RateLimit,
    /// The concurrency limit of searches.
    pub search_permits: SearchPermits,
}

impl AppState {
    /// With full rate limit buckets.
    #[must_use]
    pub fn new(store: Store, issuer: Issuer, dependencies: Dependencies) -> Self {
        let rate_limit = RateLimit::new(dependencies.clone());
        Self { store, issuer, dependencies, rate_limit, search_permits: SearchPermits::default() }
    }
}
