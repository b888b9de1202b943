//! The command line and the environment, and the settings they add up to. The only place that reads
//! either. A setting that is wrong stops the start with one line that says which and how to mend it.

mod origin;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use rotation::Policy;

pub use origin::Origin;

/// JWT access tokens with rotating refresh tokens, from the database to the browser.
#[derive(Debug, Parser)]
#[command(name = "baton", version, about, flatten_help = true)]
pub struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Which log lines to write to standard error, in the syntax of tracing-subscriber.
    #[arg(long, env = "BATON_LOG", default_value = "info", global = true)]
    pub log: String,
    /// Write log lines as JSON.
    #[arg(long, env = "BATON_LOG_JSON", global = true, value_parser = FalseyValueParser::new())]
    pub log_json: bool,
}

/// What the program can be asked to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the API and the site until SIGTERM or Ctrl-C.
    Serve(ServeArgs),
    /// Bring the database schema up to date and stop (serve does it too).
    Migrate(DatabaseArgs),
    /// Remove sessions that have been over for more than a week.
    Prune(PruneArgs),
    /// Verify configuration, keys and storage, and say what is wrong.
    Check(ServeArgs),
    /// The key ring.
    Keys {
        /// What to do with it.
        #[command(subcommand)]
        command: KeysCommand,
    },
}

/// What can be done with the key ring.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// List the keys by id. Private parts are never shown.
    List(KeysArgs),
}

/// Where the database is.
#[derive(Debug, Clone, Args)]
pub struct DatabaseArgs {
    /// The database: sqlite:FILE, or memory: to forget everything at exit.
    #[arg(
        long,
        env = "BATON_DATABASE",
        hide_env_values = true,
        default_value = "sqlite:baton.db",
        value_name = "URL"
    )]
    pub database: String,
}

/// Where the keys are.
#[derive(Debug, Clone, Args)]
pub struct KeysArgs {
    /// The folder of the key ring; made on the first start.
    #[arg(long, env = "BATON_KEYS", default_value = "keys", value_name = "FOLDER")]
    pub keys: PathBuf,
}

/// How long tokens and sessions live.
#[derive(Debug, Clone, Args)]
pub struct LifeArgs {
    /// How long an access token lives; 300 to 1800 is sensible.
    #[arg(long, env = "BATON_ACCESS_TOKEN_SECONDS", default_value_t = 900, value_name = "SECONDS")]
    pub access_token_seconds: i64,
    /// A session that is not refreshed for so long is over.
    #[arg(
        long,
        env = "BATON_REFRESH_IDLE_SECONDS",
        default_value_t = 604_800,
        value_name = "SECONDS"
    )]
    pub refresh_idle_seconds: i64,
    /// A session is over so long after login, however often it was refreshed.
    #[arg(
        long,
        env = "BATON_REFRESH_ABSOLUTE_SECONDS",
        default_value_t = 2_592_000,
        value_name = "SECONDS"
    )]
    pub refresh_absolute_seconds: i64,
}

/// Everything `serve` takes.
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// The address to listen on; port 0 picks a free one.
    #[arg(
        long,
        env = "BATON_LISTEN",
        default_value = "127.0.0.1:3000",
        value_name = "ADDRESS:PORT"
    )]
    pub listen: String,
    /// The origin browsers see: the issuer, and the only origin calls are accepted from.
    #[arg(long, env = "BATON_ORIGIN", default_value = "http://localhost:3000", value_name = "URL")]
    pub origin: String,
    /// Where the database is.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// Where the keys are.
    #[command(flatten)]
    pub keys: KeysArgs,
    /// How long things live.
    #[command(flatten)]
    pub life: LifeArgs,
    /// Proxies whose X-Forwarded-For is believed, by address.
    #[arg(long, env = "BATON_TRUSTED_PROXIES", value_delimiter = ',', value_name = "ADDRESS")]
    pub trusted_proxies: Vec<String>,
    /// Whom access tokens are for; the origin if not given.
    #[arg(long, env = "BATON_AUDIENCE", value_delimiter = ',', value_name = "AUDIENCE")]
    pub audience: Vec<String>,
    /// The folder of the built site; target/site if that is there.
    #[arg(long, env = "BATON_SITE", value_name = "FOLDER")]
    pub site: Option<String>,
    /// Limits on how often calls may be made; off only on a loopback origin.
    #[arg(long, env = "BATON_LIMITS", value_enum, default_value_t = Limits::Default)]
    pub limits: Limits,
}

/// What `prune` takes.
#[derive(Debug, Clone, Args)]
pub struct PruneArgs {
    /// Where the database is.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// When a session is over.
    #[command(flatten)]
    pub life: LifeArgs,
}

/// Whether calls are limited in number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Limits {
    /// As a server in front of users needs them.
    Default,
    /// None: for tests and benchmarks.
    Off,
}

/// What `serve` runs with: every value checked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// Issuer, and the only accepted origin.
    pub origin: Origin,
    /// The database's URL.
    pub database: String,
    /// The folder of the key ring.
    pub keys: PathBuf,
    /// How long an access token lives.
    pub access_token_seconds: i64,
    /// How long a session lives.
    pub policy: Policy,
    /// Whose forwarding header is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Whom access tokens are for; never empty.
    pub audience: Vec<String>,
    /// The folder of the built site, if there is one.
    pub site: Option<PathBuf>,
}

/// A setting that is wrong: which one, and how to mend it.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{setting}: {remedy}")]
pub struct ConfigError {
    setting: &'static str,
    remedy: String,
}

impl ConfigError {
    /// Names the setting and the remedy.
    pub fn new(setting: &'static str, remedy: impl Into<String>) -> Self {
        Self { setting, remedy: remedy.into() }
    }
}

const DEFAULT_SITE: &str = "target/site";

impl TryFrom<ServeArgs> for Settings {
    type Error = ConfigError;

    fn try_from(args: ServeArgs) -> Result<Self, ConfigError> {
        let origin = Origin::parse(&args.origin)?;
        if args.limits == Limits::Off && !origin.is_loopback() {
            return Err(ConfigError::new(
                "--limits off",
                "is for tests on a loopback origin only: leave it out, or use an --origin on localhost",
            ));
        }
        let audience =
            if args.audience.is_empty() { vec![origin.as_str().to_owned()] } else { args.audience };
        if audience.iter().any(String::is_empty) {
            return Err(ConfigError::new(
                "--audience",
                "an audience must not be empty: name one, or leave the flag out",
            ));
        }
        let policy = Policy::try_from(&args.life)?;
        Ok(Self {
            listen: listen_address(&args.listen)?,
            origin,
            database: args.database.database,
            keys: args.keys.keys,
            access_token_seconds: seconds(
                "--access-token-seconds",
                args.life.access_token_seconds,
            )?,
            policy,
            trusted_proxies: args
                .trusted_proxies
                .iter()
                .map(|proxy| proxy_address(proxy))
                .collect::<Result<_, _>>()?,
            audience,
            site: site_folder(args.site)?,
        })
    }
}

impl TryFrom<&LifeArgs> for Policy {
    type Error = ConfigError;

    fn try_from(life: &LifeArgs) -> Result<Self, ConfigError> {
        let idle_seconds = seconds("--refresh-idle-seconds", life.refresh_idle_seconds)?;
        let absolute_seconds =
            seconds("--refresh-absolute-seconds", life.refresh_absolute_seconds)?;
        if idle_seconds > absolute_seconds {
            return Err(ConfigError::new(
                "--refresh-idle-seconds",
                "must not be more than --refresh-absolute-seconds",
            ));
        }
        Ok(Self { idle_seconds, absolute_seconds })
    }
}

fn seconds(setting: &'static str, value: i64) -> Result<i64, ConfigError> {
    const HUNDRED_YEARS: i64 = 100 * 366 * 86_400;
    if (1..=HUNDRED_YEARS).contains(&value) {
        Ok(value)
    } else {
        Err(ConfigError::new(
            setting,
            format!("{value} is not a number of seconds from 1 to {HUNDRED_YEARS}"),
        ))
    }
}

fn listen_address(text: &str) -> Result<SocketAddr, ConfigError> {
    text.parse().map_err(|_| {
        ConfigError::new(
            "--listen / BATON_LISTEN",
            format!(
                "{text:?} is not an address and port: write it as 127.0.0.1:3000 or [::1]:3000"
            ),
        )
    })
}

fn proxy_address(text: &str) -> Result<IpAddr, ConfigError> {
    text.trim().parse::<IpAddr>().map(|address| address.to_canonical()).map_err(|_| {
        ConfigError::new(
            "--trusted-proxies",
            format!("{text:?} is not an IP address: write 10.0.0.7, several separated by commas"),
        )
    })
}

fn site_folder(given: Option<String>) -> Result<Option<PathBuf>, ConfigError> {
    let has_site = |folder: &PathBuf| folder.join("site.json").is_file();
    // An environment variable that is set to nothing is not set.
    match given.filter(|folder| !folder.is_empty()).map(PathBuf::from) {
        Some(folder) if has_site(&folder) => Ok(Some(folder)),
        Some(folder) => Err(ConfigError::new(
            "--site / BATON_SITE",
            format!(
                "{} holds no built site (no site.json): build it with `cargo xtask build`",
                folder.display()
            ),
        )),
        None => Ok(Some(PathBuf::from(DEFAULT_SITE)).filter(has_site)),
    }
}
