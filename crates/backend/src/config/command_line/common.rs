//! Arguments that several commands take: where the database and the keys are, how long tokens live, and consent.

use std::path::PathBuf;

use clap::Args;

/// Where the database is.
#[derive(Debug, Clone, Args)]
pub struct DatabaseArgs {
    /// The database: sqlite:FILE, postgres://USER:PASSWORD@HOST/DATABASE for several instances, or memory: to lose
    /// all data at exit.
    #[arg(
        long,
        env = "BATON_DATABASE",
        hide_env_values = true,
        default_value = "sqlite:baton.db",
        value_name = "URL"
    )]
    pub database: String,
}

/// Consent to a command that cannot be undone.
#[derive(Debug, Clone, Args)]
pub struct ConsentArgs {
    /// Do not ask first. Without a terminal to ask at, no change is made unless this is given.
    #[arg(long)]
    pub yes: bool,
}

/// Where the keys are.
#[derive(Debug, Clone, Args)]
pub struct KeysArgs {
    /// The folder of the master key that opens the key ring in the database; made on the first start.
    /// Not used if a master key is named otherwise.
    #[arg(long, env = "BATON_KEYS", default_value = "keys", value_name = "FOLDER")]
    pub keys: PathBuf,
    /// A file that holds the master key: 32 bytes in base64. Or put them into BATON_MASTER_KEY.
    #[arg(long, env = "BATON_MASTER_KEY_FILE", value_name = "FILE")]
    pub master_key_file: Option<PathBuf>,
}

/// How long tokens and sessions live.
#[derive(Debug, Clone, Args)]
pub struct LifeArgs {
    /// How long an access token lives; 300 to 1800 is sensible, 86400 the most.
    #[arg(long, env = "BATON_ACCESS_TOKEN_SECONDS", default_value_t = 900, value_name = "SECONDS")]
    pub access_token_seconds: i64,
    /// A session that is not refreshed for so long expires [default: 604800, or the absolute limit if that is
    /// shorter].
    #[arg(long, env = "BATON_REFRESH_IDLE_SECONDS", value_name = "SECONDS")]
    pub refresh_idle_seconds: Option<i64>,
    /// A session expires so long after login, however often it was refreshed.
    #[arg(
        long,
        env = "BATON_REFRESH_ABSOLUTE_SECONDS",
        default_value_t = 2_592_000,
        value_name = "SECONDS"
    )]
    pub refresh_absolute_seconds: i64,
    /// How long after giving the password a user may revoke sessions and delete the account without giving it again.
    #[arg(long, env = "BATON_RECENT_LOGIN_SECONDS", default_value_t = 900, value_name = "SECONDS")]
    pub recent_login_seconds: i64,
    /// Security events of users are kept for so long; those without an account for a day.
    #[arg(
        long,
        env = "BATON_EVENT_RETENTION_SECONDS",
        default_value_t = 7_776_000,
        value_name = "SECONDS"
    )]
    pub event_retention_seconds: i64,
    /// A key signs access tokens for so long before it is rotated.
    #[arg(
        long,
        env = "BATON_KEY_ROTATION_SECONDS",
        default_value_t = 2_592_000,
        value_name = "SECONDS"
    )]
    pub key_rotation_seconds: i64,
    /// Services may cache the public keys (JWKS) for so long: a new key waits that long before it signs, and
    /// services may accept a revoked one for that long.
    #[arg(long, env = "BATON_JWKS_CACHE_SECONDS", default_value_t = 300, value_name = "SECONDS")]
    pub jwks_cache_seconds: i64,
}
