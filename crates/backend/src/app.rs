//! Assembles the application from settings and its dependencies. It must not listen; that is
//! [`server`](crate::server).

use std::num::NonZero;
use std::sync::Arc;

use axum::extract::FromRef;

use crate::auth::account::accounts::Accounts;
use crate::auth::idempotency::IdempotencyKeys;
use crate::auth::idempotency::copies::SignIns;
use crate::auth::login::password_hasher::PasswordHasher;
use crate::auth::rate_limit::RateLimits;
use crate::auth::revocation::revocation_cache::RevocationCache;
use crate::auth::security_event_log::SecurityEventLog;
use crate::auth::session::refresh::Sessions;
use crate::auth::token::access_token::AccessTokens;
use crate::auth::token::status_list::StatusLists;
use crate::clock::Clock;
use crate::config::{ConfigError, Origin, Settings};
use crate::entropy::Entropy;
use crate::http::assets::AssetFiles;
use crate::http::client::TrustedProxies;
use crate::http::site::Site;
use crate::keys::KeyRing;
use crate::lifetimes::Lifetimes;
use crate::readiness::Readiness;
use crate::store::Store;

/// The state of the application, from which handlers and guards take their parts.
#[derive(Clone, FromRef)]
pub struct AppState {
    /// The origin that may call.
    pub origin: Origin,
    /// The proxies whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: TrustedProxies,
    /// The source of request ids.
    pub entropy: Entropy,
    /// Sessions and tokens.
    pub sessions: Arc<Sessions>,
    /// The readiness probe.
    pub readiness: Arc<Readiness>,
    /// Registration and login.
    pub accounts: Accounts,
    /// The pages.
    pub site: Site,
    /// The files of the pages.
    pub assets: AssetFiles,
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
        let Dependencies { clock, entropy, store, keys } = dependencies;
        let access_tokens =
            AccessTokens::new(Arc::clone(&keys), settings.origin.as_str(), &settings.audience);
        let limits =
            settings.limits.map_or(RateLimits::off(), |rates| RateLimits::new(&rates, &clock));
        let (revocations, status_lists) =
            (Arc::new(RevocationCache::new(&clock)), StatusLists::new(&clock));
        let readiness = Arc::new(Readiness::new(Arc::clone(&store), clock.clone()));
        let lifetimes = Arc::new(Lifetimes::new(settings.lifetimes(), &clock));
        let event_log = SecurityEventLog::new(store, clock, entropy.clone(), revocations);
        let sessions = Arc::new(Sessions {
            idempotency: IdempotencyKeys::new(event_log.clone()),
            event_log,
            keys,
            policy: settings.policy,
            access_tokens,
            lifetimes,
            recent_login_seconds: settings.recent_login_seconds,
            risk: settings.risk,
            limits,
            status_lists,
        });
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let (site, assets) = match &settings.site {
            Some(folder) => {
                let unreadable =
                    |error| ConfigError::new("--site", format!("{}: {error}", folder.display()));
                (
                    Site::read(folder, settings.has_notes()).map_err(unreadable)?,
                    AssetFiles::read(&folder.join("assets")).map_err(unreadable)?,
                )
            }
            None => (Site::default(), AssetFiles::default()),
        };
        Ok(Self {
            origin: settings.origin.clone(),
            trusted_proxies: TrustedProxies(settings.trusted_proxies.as_slice().into()),
            accounts: Accounts {
                sessions: Arc::clone(&sessions),
                hasher: PasswordHasher::new(cores, entropy.clone()),
                sign_ins: Arc::new(SignIns::new(&entropy, &sessions.event_log.clock)),
            },
            entropy,
            sessions,
            readiness,
            site,
            assets,
        })
    }
}
