//! Configuration: the command line and the environment, which are read here alone, and the settings they add up to.
//! A wrong setting stops the start with one line that names it and its remedy.

mod command_line;
mod error;
mod keys;
mod life;
mod origin;
mod proxies;
mod rate_limits;

use std::net::SocketAddr;
use std::path::PathBuf;

use rotation::Policy;
use shared::path::NOTES;

use crate::auth::rate_limit::Rates;
use crate::auth::risk::RiskPolicy;
use crate::keys::KeyPlan;
use crate::lifetimes::LifetimeSet;
use crate::prune::Retention;

pub use crate::keys::MasterKeySource;
pub use command_line::{
    AddClientArgs, AddServiceArgs, AddUserArgs, ClientsCommand, Command, CommandLine, ConsentArgs,
    DatabaseArgs, KeysArgs, KeysCommand, LifeArgs, ListSessionsArgs, PruneArgs, Purpose,
    RateLimits, RemoveClientArgs, RemoveServiceArgs, RevokeArgs, RevokeSessionsArgs, RingArgs,
    RiskArgs, RotateArgs, ServeArgs, ServicesCommand, SessionsCommand, UserArgs, UsersCommand,
    WhoseArgs,
};
pub use error::ConfigError;
use life::{LONGEST, seconds};
pub use origin::Origin;
pub use proxies::Proxies;

/// The validated settings of `serve`.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// Issuer, and the only accepted origin.
    pub origin: Origin,
    /// The database's URL.
    pub database: String,
    /// Whether the operator says that the database is a new one.
    pub new_database: bool,
    /// Whether the operator says that the machine's clock is right.
    pub trust_clock: bool,
    /// Where the master key of the key ring is.
    pub master_key: MasterKeySource,
    /// When keys are used, and for how long.
    pub key_plan: KeyPlan,
    /// How long an access token lives.
    pub access_token_seconds: i64,
    /// How long a session lives.
    pub policy: Policy,
    /// What is kept, and for how long.
    pub retention: Retention,
    /// How long a login counts as recent, without a step-up.
    pub recent_login_seconds: i64,
    /// The actions on risk signals.
    pub risk: RiskPolicy,
    /// The proxies whose forwarding header is trusted.
    pub trusted_proxies: Vec<Proxies>,
    /// The rate limits, unless they are off.
    pub limits: Option<Rates>,
    /// How many connections there may be at a time.
    pub max_connections: usize,
    /// The audience of access tokens; never empty.
    pub audience: Vec<String>,
    /// The folder of the built site, if there is one.
    pub site: Option<PathBuf>,
    /// Where to end the process.
    #[cfg(feature = "failpoints")]
    pub failpoint: Option<crate::store::failpoint::Failpoint>,
}

impl Settings {
    /// The lifetimes that this instance issues under.
    #[must_use]
    pub const fn lifetimes(&self) -> LifetimeSet {
        LifetimeSet {
            access_token: self.access_token_seconds,
            jwks_cache: self.key_plan.jwks_cache_seconds,
            session_idle: self.policy.idle_seconds,
            session_absolute: self.policy.absolute_seconds,
            event_retention: self.retention.event_seconds,
        }
    }

    /// Whether access tokens are for the notes service at this origin, where a gateway leads to it.
    #[must_use]
    pub fn has_notes(&self) -> bool {
        let service = format!("{}{NOTES}", self.origin.as_str());
        self.audience.contains(&service)
    }
}

const DEFAULT_SITE: &str = "target/site";

impl TryFrom<ServeArgs> for Settings {
    type Error = ConfigError;

    fn try_from(args: ServeArgs) -> Result<Self, ConfigError> {
        let origin = Origin::parse(&args.origin)?;
        let limits = rate_limits::rates(args.limits, &args.rate_limit, &origin)?;
        let mut audience: Vec<String> =
            args.audience.iter().map(|audience| audience.trim().to_owned()).collect();
        if audience.is_empty() {
            audience.push(origin.as_str().to_owned());
        }
        if audience.iter().any(String::is_empty) {
            return Err(ConfigError::new(
                "--audience",
                "an audience must not be empty: name one, or leave the flag out",
            ));
        }
        let policy = Policy::try_from(&args.life)?;
        let retention = Retention::try_from(&args.life)?;
        Ok(Self {
            listen: listen_address(&args.listen)?,
            origin,
            database: args.database.database,
            new_database: args.new_database,
            trust_clock: args.trust_clock,
            master_key: MasterKeySource::try_from(&args.keys)?,
            key_plan: KeyPlan::try_from(&args.life)?,
            access_token_seconds: seconds(
                "--access-token-seconds",
                args.life.access_token_seconds,
                LONGEST.access_token,
            )?,
            policy,
            retention,
            recent_login_seconds: seconds(
                "--recent-login-seconds",
                args.life.recent_login_seconds,
                LONGEST.session_absolute,
            )?,
            risk: RiskPolicy {
                network: args.risk.on_network_change,
                device: args.risk.on_device_change,
                gap: args.risk.on_impossible_gap,
            },
            trusted_proxies: args
                .trusted_proxies
                .iter()
                .map(|proxies| Proxies::parse(proxies))
                .collect::<Result<_, _>>()?,
            limits,
            max_connections: args.max_connections.get(),
            audience,
            site: site_folder(args.site)?,
            #[cfg(feature = "failpoints")]
            failpoint: args.failpoint,
        })
    }
}

fn listen_address(text: &str) -> Result<SocketAddr, ConfigError> {
    text.parse().map_err(|_| {
        ConfigError::new(
            "--listen",
            format!(
                "{text:?} is not an address and port: write it as 127.0.0.1:3000 or [::1]:3000"
            ),
        )
    })
}

fn site_folder(given: Option<String>) -> Result<Option<PathBuf>, ConfigError> {
    let has_site = |folder: &PathBuf| folder.join("site.json").is_file();
    match given.map(PathBuf::from) {
        Some(folder) if has_site(&folder) => Ok(Some(folder)),
        Some(folder) => Err(ConfigError::new(
            "--site",
            format!(
                "{} holds no built site (no site.json): build it with `cargo xtask build`",
                folder.display()
            ),
        )),
        None => Ok(Some(PathBuf::from(DEFAULT_SITE)).filter(has_site)),
    }
}
