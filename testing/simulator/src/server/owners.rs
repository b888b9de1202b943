//! The owners of a server instance that calls need, over one store.

use std::sync::Arc;

use backend::auth::account::password_change::PasswordChanges;
use backend::auth::idempotency::IdempotencyKeys;
use backend::auth::login::sign_in_again::SignInRetries;
use backend::auth::rate_limit::RateLimits;
use backend::auth::rate_limit::admission::Admission;
use backend::auth::risk::RiskPolicy;
use backend::auth::security_event_log::SecurityEventLog;
use backend::auth::session::callers::Callers;
use backend::auth::session::logout::Logouts;
use backend::auth::session::refresh::Sessions;
use backend::auth::session::tickets::Tickets;
use backend::auth::token::access_token::AccessTokens;
use backend::auth::token::issue_tokens::TokenIssuer;
use backend::auth::token::session_ids::SessionIds;
use backend::auth::token::verified_tokens::VerifiedTokens;
use backend::keys::KeyRing;
use backend::lifetimes::{LifetimeSet, Lifetimes};
use rotation::Policy;

/// The idle and the absolute lifetime of sessions here.
pub(crate) const POLICY: Policy = Policy { idle_seconds: 604_800, absolute_seconds: 2_592_000 };

const ACCESS_TOKEN_SECONDS: i64 = 300;
const LIFETIMES: LifetimeSet = LifetimeSet {
    access_token: ACCESS_TOKEN_SECONDS,
    jwks_cache: 300,
    session_idle: POLICY.idle_seconds,
    session_absolute: POLICY.absolute_seconds,
    event_retention: 7_776_000,
};

/// What calls are carried out by.
pub(crate) struct Server {
    pub(crate) event_log: SecurityEventLog,
    pub(crate) idempotency: IdempotencyKeys,
    pub(crate) issuer: Arc<TokenIssuer>,
    pub(crate) callers: Arc<Callers>,
    pub(crate) sessions: Sessions,
    pub(crate) logouts: Logouts,
    pub(crate) changes: PasswordChanges,
    pub(crate) retries: SignInRetries,
}

impl Server {
    pub(crate) fn new(
        event_log: SecurityEventLog,
        keys: Arc<KeyRing>,
        access_tokens: AccessTokens,
    ) -> Self {
        let SecurityEventLog { store, clock, entropy, revocations } = event_log.clone();
        let idempotency = IdempotencyKeys::new(event_log.clone());
        let limits = Arc::new(RateLimits::off());
        let admission = Admission { limits, event_log: event_log.clone() };
        let issuer = Arc::new(TokenIssuer {
            store: Arc::clone(&store),
            clock: clock.clone(),
            session_ids: SessionIds::new(Arc::clone(&store), clock.clone(), entropy.clone()),
            entropy,
            keys: Arc::clone(&keys),
            access_tokens: access_tokens.clone(),
            lifetimes: Arc::new(Lifetimes::fixed(LIFETIMES)),
            policy: POLICY,
        });
        let callers = Arc::new(Callers {
            store: Arc::clone(&store),
            clock: clock.clone(),
            revocations,
            keys: Arc::clone(&keys),
            access_tokens,
            verified: VerifiedTokens::new(&issuer.entropy),
            idempotency: idempotency.clone(),
            admission: admission.clone(),
            policy: POLICY,
            recent_login_seconds: ACCESS_TOKEN_SECONDS,
        });
        let tickets = Tickets { store, keys, clock, policy: POLICY };
        let sessions = Sessions {
            event_log: event_log.clone(),
            tickets: tickets.clone(),
            issuer: Arc::clone(&issuer),
            admission: admission.clone(),
            policy: POLICY,
            risk: RiskPolicy::default(),
        };
        let logouts = Logouts {
            event_log: event_log.clone(),
            idempotency: idempotency.clone(),
            tickets,
            callers: Arc::clone(&callers),
            admission,
        };
        let changes = PasswordChanges {
            event_log: event_log.clone(),
            callers: Arc::clone(&callers),
            issuer: Arc::clone(&issuer),
            policy: POLICY,
        };
        let retries = SignInRetries { event_log: event_log.clone(), issuer: Arc::clone(&issuer) };
        Self { event_log, idempotency, issuer, callers, sessions, logouts, changes, retries }
    }
}
