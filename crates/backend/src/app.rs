//! Assembles the application from settings and its dependencies. [`server`](crate::server) listens.

mod owners;

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRef;

use crate::auth::account::register::Registrations;
use crate::auth::account::settings::AccountSettings;
use crate::auth::idempotency::IdempotencyKeys;
use crate::auth::introspection::Services;
use crate::auth::login::Logins;
use crate::auth::login::step_up::StepUp;
use crate::auth::native_clients::NativeClients;
use crate::auth::rate_limit::admission::Admission;
use crate::auth::revocation::revocation_cache::RevocationCache;
use crate::auth::revocation::revocation_listener::RevocationListener;
use crate::auth::security_event_log::SecurityEventLog;
use crate::auth::session::callers::Callers;
use crate::auth::session::logout::Logouts;
use crate::auth::session::own_sessions::OwnSessions;
use crate::auth::session::refresh::Sessions;
use crate::auth::session::tickets::Tickets;
use crate::auth::token::access_token::AccessTokens;
use crate::auth::token::issue_tokens::TokenIssuer;
use crate::auth::token::session_ids::SessionIds;
use crate::auth::token::status_list::StatusLists;
use crate::clock::Clock;
use crate::config::{ConfigError, Origin, Settings};
use crate::entropy::Entropy;
use crate::http::assets::AssetFiles;
use crate::http::client_address::TrustedProxies;
use crate::http::site::Site;
use crate::keys::KeyRing;
use crate::lifetimes::Lifetimes;
use crate::readiness::Readiness;
use crate::store::{FailFast, Store};
use owners::{AccountOwners, SessionOwners};

/// The owners, and a way for handlers and guards to take the one that they need.
macro_rules! owners {
    ($($(#[$doc:meta])* $name:ident: $owner:ty,)+) => {
        /// The owners, each of one concern.
        pub struct Owners {
            $($(#[$doc])* pub $name: $owner,)+
        }

        $(impl FromRef<AppState> for $owner {
            fn from_ref(app: &AppState) -> Self {
                app.$name.clone()
            }
        })+
    };
}

owners! {
    /// The origin that may call.
    origin: Origin,
    /// The proxies whose `X-Forwarded-For` is trusted.
    trusted_proxies: TrustedProxies,
    /// The source of request ids.
    entropy: Entropy,
    /// The clock.
    clock: Clock,
    /// The server's keys.
    keys: Arc<KeyRing>,
    /// Commits changes with their security events.
    event_log: SecurityEventLog,
    /// Idempotency keys.
    idempotency: IdempotencyKeys,
    /// The rate limits.
    admission: Admission,
    /// Finds sessions by refresh tokens.
    tickets: Tickets,
    /// Issues tokens.
    issuer: Arc<TokenIssuer>,
    /// Authenticates callers by access tokens.
    callers: Arc<Callers>,
    /// Refresh.
    sessions: Arc<Sessions>,
    /// Logout and token revocation.
    logouts: Arc<Logouts>,
    /// The list of a user's own sessions.
    own_sessions: Arc<OwnSessions>,
    /// Introspection.
    services: Arc<Services>,
    /// Native clients.
    native_clients: Arc<NativeClients>,
    /// The status list.
    status_lists: Arc<StatusLists>,
    /// Login.
    logins: Arc<Logins>,
    /// Registration.
    registrations: Arc<Registrations>,
    /// Step-up.
    step_up: Arc<StepUp>,
    /// The settings of accounts.
    settings: Arc<AccountSettings>,
    /// Keeps the revocation cache fresh.
    revocation_listener: Arc<RevocationListener>,
    /// The readiness probe.
    readiness: Arc<Readiness>,
    /// The pages.
    site: Site,
    /// The files of the pages.
    assets: AssetFiles,
}

/// The state of the application. The router keeps ten clones for each request under way, so it is one pointer.
#[derive(Clone)]
pub struct AppState(Arc<Owners>);

const _: () = assert!(size_of::<AppState>() == size_of::<usize>());

impl Deref for AppState {
    type Target = Owners;

    fn deref(&self) -> &Owners {
        &self.0
    }
}

/// The dependencies that tests replace.
pub struct Dependencies {
    /// Time.
    pub clock: Clock,
    /// Entropy.
    pub entropy: Entropy,
    /// Storage.
    pub store: Arc<dyn Store>,
    /// The key ring.
    pub keys: Arc<KeyRing>,
}

impl AppState {
    /// The application with these dependencies.
    ///
    /// # Errors
    /// If the built site cannot be read.
    pub fn new(settings: &Settings, dependencies: Dependencies) -> Result<Self, ConfigError> {
        let (site, assets) = read_site(settings)?;
        let Dependencies { clock, entropy, store, keys } = dependencies;
        let store = FailFast::over(store);
        let readiness = Arc::new(Readiness::new(Arc::clone(&store), clock.clone()));
        let revocations = Arc::new(RevocationCache::new(&clock));
        let lifetimes = Arc::new(Lifetimes::new(settings.lifetimes(), &clock));
        let access_tokens =
            AccessTokens::new(Arc::clone(&keys), settings.origin.as_str(), &settings.audience);
        let status_lists = Arc::new(StatusLists::new(
            Arc::clone(&store),
            clock.clone(),
            Arc::clone(&revocations),
            Arc::clone(&lifetimes),
            Arc::clone(&keys),
            access_tokens.clone(),
        ));
        let revocation_listener = RevocationListener::new(
            Arc::clone(&store),
            clock.clone(),
            Arc::clone(&revocations),
            Arc::clone(&keys),
            Arc::clone(&lifetimes),
        );
        let issuer = Arc::new(TokenIssuer {
            store: Arc::clone(&store),
            clock: clock.clone(),
            entropy: entropy.clone(),
            session_ids: SessionIds::new(Arc::clone(&store), clock.clone(), entropy.clone()),
            keys,
            access_tokens,
            lifetimes,
            policy: settings.policy,
        });
        let event_log = SecurityEventLog::new(store, clock, entropy, revocations);
        let sessions = SessionOwners::new(settings, event_log, issuer);
        let accounts = AccountOwners::new(settings, &sessions);
        let SessionOwners { event_log, idempotency, admission, tickets, issuer, callers, .. } =
            sessions;
        Ok(Self(Arc::new(Owners {
            origin: settings.origin.clone(),
            trusted_proxies: TrustedProxies(settings.trusted_proxies.as_slice().into()),
            entropy: event_log.entropy.clone(),
            clock: event_log.clock.clone(),
            keys: Arc::clone(&issuer.keys),
            event_log,
            idempotency,
            admission,
            tickets,
            issuer,
            callers,
            sessions: sessions.sessions,
            logouts: sessions.logouts,
            own_sessions: sessions.own_sessions,
            services: sessions.services,
            native_clients: sessions.native_clients,
            status_lists,
            logins: accounts.logins,
            registrations: accounts.registrations,
            step_up: accounts.step_up,
            settings: accounts.settings,
            revocation_listener: Arc::new(revocation_listener),
            readiness,
            site,
            assets,
        })))
    }
}

fn read_site(settings: &Settings) -> Result<(Site, AssetFiles), ConfigError> {
    let Some(folder) = &settings.site else { return Ok((Site::default(), AssetFiles::default())) };
    let unreadable = |error| ConfigError::new("--site", format!("{}: {error}", folder.display()));
    Ok((
        Site::read(folder, settings.has_notes()).map_err(unreadable)?,
        AssetFiles::read(&folder.join("assets")).map_err(unreadable)?,
    ))
}
