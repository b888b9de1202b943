//! The command line (CLI) and the environment as `clap` parses them. Names and defaults are a contract; values are
//! validated in [`config`](super), not here; `command.rs` runs the commands.

mod administration;
mod common;
mod rate_limits;
mod risk;

use std::num::NonZeroUsize;

use clap::builder::FalseyValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

pub use self::administration::{
    AddClientArgs, AddServiceArgs, AddUserArgs, ClientsCommand, ListSessionsArgs, RemoveClientArgs,
    RemoveServiceArgs, RevokeSessionsArgs, ServicesCommand, SessionsCommand, UserArgs,
    UsersCommand, WhoseArgs,
};
pub use self::common::{ConsentArgs, DatabaseArgs, KeysArgs, LifeArgs};
pub use self::rate_limits::RateLimits;
pub use self::risk::RiskArgs;

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

/// The program's commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the API and the site until SIGTERM or Ctrl-C.
    #[command(after_help = rate_limits::help())]
    Serve(ServeArgs),
    /// Bring the database schema up to date and stop (serve does it too).
    Migrate(DatabaseArgs),
    /// Prune sessions that were revoked or expired more than a week ago, and security events that are too old, by
    /// the limits that serve runs with (serve does it too, once an hour).
    Prune(PruneArgs),
    /// Verify configuration, keys and storage, and say what is wrong.
    #[command(after_help = rate_limits::help())]
    Check(ServeArgs),
    /// The key ring.
    #[command(flatten_help = true)]
    Keys {
        /// What to do with it.
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// The users.
    #[command(flatten_help = true)]
    Users {
        /// What to do with them.
        #[command(subcommand)]
        command: UsersCommand,
    },
    /// Services that may introspect tokens.
    #[command(flatten_help = true)]
    Services {
        /// What to do with them.
        #[command(subcommand)]
        command: ServicesCommand,
    },
    /// Native clients: apps and scripts that log users in without cookies.
    #[command(flatten_help = true)]
    Clients {
        /// What to do with them.
        #[command(subcommand)]
        command: ClientsCommand,
    },
    /// Sessions of users.
    #[command(flatten_help = true)]
    Sessions {
        /// What to do with them.
        #[command(subcommand)]
        command: SessionsCommand,
    },
}

/// What can be done with the key ring.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// List the keys by id, with their purposes and states. Private parts are never shown.
    List(RingArgs),
    /// Rotate: let the next key sign as soon as every service has had the time to learn of it.
    Rotate(RotateArgs),
    /// In an emergency: revoke a key, and reject from now on all that was made with it.
    #[command(alias = "retire")]
    Revoke(RevokeArgs),
}

/// Arguments of the commands about the key ring.
#[derive(Debug, Clone, Args)]
pub struct RingArgs {
    /// Where the database is.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// Where the master key is.
    #[command(flatten)]
    pub keys: KeysArgs,
    /// Lifetimes of tokens and sessions.
    #[command(flatten)]
    pub life: LifeArgs,
}

/// Arguments of `keys rotate`.
#[derive(Debug, Clone, Args)]
pub struct RotateArgs {
    /// The key ring.
    #[command(flatten)]
    pub ring: RingArgs,
    /// Which key: the one that signs access tokens, or the one that new sessions' refresh tokens are
    /// authenticated with.
    #[arg(long, value_enum, default_value_t = Purpose::Access)]
    pub purpose: Purpose,
}

/// Arguments of `keys revoke`.
#[derive(Debug, Clone, Args)]
pub struct RevokeArgs {
    /// The key ring.
    #[command(flatten)]
    pub ring: RingArgs,
    /// The key, by its id. One in 64 begins with a hyphen.
    #[arg(value_name = "KID", allow_hyphen_values = true)]
    pub kid: String,
    /// Whether to ask first.
    #[command(flatten)]
    pub consent: ConsentArgs,
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Purpose {
    /// Access tokens.
    Access,
    /// Refresh tokens.
    Refresh,
}

/// Arguments of `serve`.
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
    /// The database is a new one: make its key ring although the master key has been used before. For the first
    /// start alone, so no variable sets it.
    #[arg(long)]
    pub new_database: bool,
    /// The machine's clock is right, although no server has worked on the SQLite file for more than a day, or one has
    /// by a clock that was ahead. For one start alone, so no variable sets it.
    #[arg(long)]
    pub trust_clock: bool,
    /// Lifetimes of tokens and sessions.
    #[command(flatten)]
    pub life: LifeArgs,
    /// Actions on risk signals.
    #[command(flatten)]
    pub risk: RiskArgs,
    /// Proxies whose X-Forwarded-For is trusted: addresses, or networks such as 10.0.0.0/8.
    #[arg(long, env = "BATON_TRUSTED_PROXIES", value_delimiter = ',', value_name = "ADDRESS")]
    pub trusted_proxies: Vec<String>,
    /// The audience of access tokens; the origin if not given.
    #[arg(long, env = "BATON_AUDIENCE", value_delimiter = ',', value_name = "AUDIENCE")]
    pub audience: Vec<String>,
    /// The folder of the built site; target/site if that is there.
    #[arg(long, env = "BATON_SITE", value_name = "FOLDER")]
    pub site: Option<String>,
    /// Rate limits; off only on a loopback origin.
    #[arg(long, env = "BATON_LIMITS", value_enum, default_value_t = RateLimits::Default)]
    pub limits: RateLimits,
    /// Another rate for a rate limit; may be given for several. The names are at the end of `baton help serve`.
    #[arg(
        long,
        env = "BATON_RATE_LIMIT",
        value_delimiter = ',',
        value_name = "NAME=AT_ONCE/PERIOD"
    )]
    pub rate_limit: Vec<String>,
    /// The most connections at a time, each of 80 KiB at most. One client has an eighth, unless it is a trusted
    /// proxy.
    #[arg(long, env = "BATON_MAX_CONNECTIONS", default_value = "2048", value_name = "NUMBER")]
    pub max_connections: NonZeroUsize,
    /// Where to end the process: accept:before, accept:after, revoke:before or revoke:after, and
    /// `:N` for the Nth time.
    #[cfg(feature = "failpoints")]
    #[arg(long, env = "BATON_FAILPOINT", value_name = "MOMENT")]
    pub failpoint: Option<crate::store::failpoint::Failpoint>,
}

/// Arguments of `prune`.
#[derive(Debug, Clone, Args)]
pub struct PruneArgs {
    /// Where the database is.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// Expiry of sessions.
    #[command(flatten)]
    pub life: LifeArgs,
    /// Whether to ask first; only where the clock cannot be compared with another.
    #[command(flatten)]
    pub consent: ConsentArgs,
}
