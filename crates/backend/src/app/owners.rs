//! Assembles the owners of sessions and accounts, the lower ones first.

use std::num::NonZero;
use std::sync::Arc;

use crate::auth::account::password_change::PasswordChanges;
use crate::auth::account::register::Registrations;
use crate::auth::account::settings::AccountSettings;
use crate::auth::idempotency::IdempotencyKeys;
use crate::auth::introspection::Services;
use crate::auth::login::Logins;
use crate::auth::login::device_tokens::DeviceTokens;
use crate::auth::login::login_attempt::LoginAttempts;
use crate::auth::login::login_throttle::LoginThrottle;
use crate::auth::login::password_check::PasswordChecks;
use crate::auth::login::password_hasher::PasswordHasher;
use crate::auth::login::sign_in_again::SignInRetries;
use crate::auth::login::sign_ins::SignIns;
use crate::auth::login::step_up::StepUp;
use crate::auth::native_clients::NativeClients;
use crate::auth::rate_limit::RateLimits;
use crate::auth::rate_limit::admission::Admission;
use crate::auth::security_event_log::SecurityEventLog;
use crate::auth::session::callers::Callers;
use crate::auth::session::logout::Logouts;
use crate::auth::session::own_sessions::OwnSessions;
use crate::auth::session::refresh::Sessions;
use crate::auth::session::tickets::Tickets;
use crate::auth::token::issue_tokens::TokenIssuer;
use crate::auth::token::verified_tokens::VerifiedTokens;
use crate::config::Settings;

/// The owners of sessions, and what they share.
pub(super) struct SessionOwners {
    pub(super) event_log: SecurityEventLog,
    pub(super) idempotency: IdempotencyKeys,
    pub(super) admission: Admission,
    pub(super) tickets: Tickets,
    pub(super) issuer: Arc<TokenIssuer>,
    pub(super) callers: Arc<Callers>,
    pub(super) sessions: Arc<Sessions>,
    pub(super) logouts: Arc<Logouts>,
    pub(super) own_sessions: Arc<OwnSessions>,
    pub(super) services: Arc<Services>,
    pub(super) native_clients: Arc<NativeClients>,
}

impl SessionOwners {
    pub(super) fn new(
        settings: &Settings,
        event_log: SecurityEventLog,
        issuer: Arc<TokenIssuer>,
    ) -> Self {
        let SecurityEventLog { store, clock, revocations, .. } = &event_log;
        let (policy, keys) = (settings.policy, &issuer.keys);
        let idempotency = IdempotencyKeys::new(event_log.clone());
        let limits =
            settings.limits.map_or(RateLimits::off(), |rates| RateLimits::new(&rates, clock));
        let admission = Admission { limits: Arc::new(limits), event_log: event_log.clone() };
        let tickets = Tickets {
            store: Arc::clone(store),
            keys: Arc::clone(keys),
            clock: clock.clone(),
            policy,
        };
        let callers = Arc::new(Callers {
            store: Arc::clone(store),
            clock: clock.clone(),
            revocations: Arc::clone(revocations),
            keys: Arc::clone(keys),
            access_tokens: issuer.access_tokens.clone(),
            verified: VerifiedTokens::new(&issuer.entropy),
            idempotency: idempotency.clone(),
            admission: admission.clone(),
            policy,
            recent_login_seconds: settings.recent_login_seconds,
        });
        let sessions = Sessions {
            event_log: event_log.clone(),
            tickets: tickets.clone(),
            issuer: Arc::clone(&issuer),
            admission: admission.clone(),
            policy,
            risk: settings.risk,
        };
        let logouts = Logouts {
            event_log: event_log.clone(),
            idempotency: idempotency.clone(),
            tickets: tickets.clone(),
            callers: Arc::clone(&callers),
            admission: admission.clone(),
        };
        let own_sessions = OwnSessions {
            event_log: event_log.clone(),
            idempotency: idempotency.clone(),
            callers: Arc::clone(&callers),
        };
        let services = Services {
            store: Arc::clone(store),
            callers: Arc::clone(&callers),
            admission: admission.clone(),
        };
        let native_clients =
            NativeClients { store: Arc::clone(store), admission: admission.clone() };
        Self {
            event_log,
            idempotency,
            admission,
            tickets,
            issuer,
            callers,
            sessions: Arc::new(sessions),
            logouts: Arc::new(logouts),
            own_sessions: Arc::new(own_sessions),
            services: Arc::new(services),
            native_clients: Arc::new(native_clients),
        }
    }
}

/// The owners of accounts.
pub(super) struct AccountOwners {
    pub(super) logins: Arc<Logins>,
    pub(super) registrations: Arc<Registrations>,
    pub(super) step_up: Arc<StepUp>,
    pub(super) settings: Arc<AccountSettings>,
}

impl AccountOwners {
    pub(super) fn new(settings: &Settings, owners: &SessionOwners) -> Self {
        let SessionOwners { event_log, idempotency, admission, tickets, issuer, callers, .. } =
            owners;
        let SecurityEventLog { clock, entropy, .. } = event_log;
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let hasher = PasswordHasher::new(cores, entropy.clone());
        let sign_ins = Arc::new(SignIns::new(entropy, clock));
        let is_on = admission.limits.are_on();
        let throttle =
            LoginThrottle { event_log: event_log.clone(), hasher: hasher.clone(), is_on };
        let devices = DeviceTokens { keys: Arc::clone(&issuer.keys), entropy: entropy.clone() };
        let passwords = PasswordChecks {
            throttle: throttle.clone(),
            hasher: hasher.clone(),
            admission: admission.clone(),
        };
        let attempts = LoginAttempts {
            event_log: event_log.clone(),
            admission: admission.clone(),
            throttle,
            hasher,
            devices: devices.clone(),
            sign_ins,
        };
        let logins = Arc::new(Logins {
            attempts: attempts.clone(),
            event_log: event_log.clone(),
            idempotency: idempotency.clone(),
            tickets: tickets.clone(),
            issuer: Arc::clone(issuer),
            retries: SignInRetries { event_log: event_log.clone(), issuer: Arc::clone(issuer) },
        });
        let registrations = Registrations {
            event_log: event_log.clone(),
            idempotency: idempotency.clone(),
            tickets: tickets.clone(),
            issuer: Arc::clone(issuer),
            attempts,
            logins: Arc::clone(&logins),
        };
        let step_up = StepUp {
            sessions: Arc::clone(&owners.sessions),
            event_log: event_log.clone(),
            idempotency: idempotency.clone(),
            passwords: passwords.clone(),
            devices,
            recent_login_seconds: settings.recent_login_seconds,
        };
        let changes = PasswordChanges {
            event_log: event_log.clone(),
            callers: Arc::clone(callers),
            issuer: Arc::clone(issuer),
            policy: settings.policy,
        };
        let settings = AccountSettings {
            event_log: event_log.clone(),
            idempotency: idempotency.clone(),
            callers: Arc::clone(callers),
            passwords,
            changes,
            issuer: Arc::clone(issuer),
        };
        Self {
            logins,
            registrations: Arc::new(registrations),
            step_up: Arc::new(step_up),
            settings: Arc::new(settings),
        }
    }
}
