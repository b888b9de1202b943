//! Administration as `clap` parses it. A password is never an argument: other users of the machine can see those.
//! Positional arguments may begin with a hyphen, or a user could choose an address that no command takes.

use clap::{Args, Subcommand};

use super::common::{ConsentArgs, DatabaseArgs, LifeArgs};

/// What can be done with users.
#[derive(Debug, Subcommand)]
pub enum UsersCommand {
    /// Add a user. The password is asked for, or is the first line of standard input.
    Add(AddUserArgs),
    /// List all users, one on each line: id, state, since when, email address, name.
    List(DatabaseArgs),
    /// Disable a user: revoke all of their sessions at once, and refuse their logins.
    Disable(UserArgs),
    /// Enable a user: they may log in again, and the count of their failed logins is reset.
    Enable(UserArgs),
}

/// What can be done with sessions.
#[derive(Debug, Subcommand)]
pub enum SessionsCommand {
    /// List sessions, one on each line: id, begun, seen last, expires, whose, address, device, native client.
    List(ListSessionsArgs),
    /// Revoke sessions: their tokens stop at once, at every instance within a second.
    #[command(alias = "end")]
    Revoke(RevokeSessionsArgs),
}

/// Arguments of `users add`.
#[derive(Debug, Clone, Args)]
pub struct AddUserArgs {
    /// Where the database is.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// The email address to log in with.
    #[arg(allow_hyphen_values = true)]
    pub email: String,
    /// The user's name.
    #[arg(long)]
    pub name: Option<String>,
}

/// A user, by email address.
#[derive(Debug, Clone, Args)]
pub struct UserArgs {
    /// Where the database is.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// The user's email address.
    #[arg(allow_hyphen_values = true)]
    pub email: String,
}

/// Arguments of `sessions list`.
#[derive(Debug, Clone, Args)]
pub struct ListSessionsArgs {
    /// Where the database is.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// Expiry of sessions.
    #[command(flatten)]
    pub life: LifeArgs,
    /// Whose sessions.
    #[command(flatten)]
    pub whose: WhoseArgs,
}

/// Arguments of `sessions revoke`.
#[derive(Debug, Clone, Args)]
pub struct RevokeSessionsArgs {
    /// Where the database is.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// Whose sessions.
    #[command(flatten)]
    pub whose: WhoseArgs,
    /// Whether to ask first; only for all users' sessions.
    #[command(flatten)]
    pub consent: ConsentArgs,
}

/// One user's sessions, or all users': one of the two is required.
#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
pub struct WhoseArgs {
    /// One user's sessions, by email address.
    #[arg(long, value_name = "EMAIL", allow_hyphen_values = true)]
    pub user: Option<String>,
    /// All users' sessions.
    #[arg(long)]
    pub all: bool,
}

/// What can be done with services.
#[derive(Debug, Subcommand)]
pub enum ServicesCommand {
    /// Register a service for introspection (RFC 7662). Its secret is printed once.
    Add(AddServiceArgs),
    /// List all services, one on each line: id, since when, audience.
    List(DatabaseArgs),
    /// Remove a service: it may no longer introspect tokens.
    Remove(RemoveServiceArgs),
}

/// Arguments of `services add`.
#[derive(Debug, Clone, Args)]
pub struct AddServiceArgs {
    /// Where the database is.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// The service's id: 1 to 64 of a-z, 0-9 and -.
    #[arg(allow_hyphen_values = true)]
    pub id: String,
    /// The audience it answers to, as it stands in `aud`: it may introspect no other token.
    #[arg(long)]
    pub audience: String,
}

/// Arguments of `services remove`.
#[derive(Debug, Clone, Args)]
pub struct RemoveServiceArgs {
    /// Where the database is.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// The service's id.
    #[arg(allow_hyphen_values = true)]
    pub id: String,
    /// Whether to ask first.
    #[command(flatten)]
    pub consent: ConsentArgs,
}

/// What can be done with native clients.
#[derive(Debug, Subcommand)]
pub enum ClientsCommand {
    /// Register a native client: an app or a script of yours that logs users in without cookies. It has no secret.
    Add(AddClientArgs),
    /// List all native clients, one on each line: id, since when, name.
    List(DatabaseArgs),
    /// Remove a native client: its logins and refreshes are refused, and its sessions revoked.
    Remove(RemoveClientArgs),
}

/// Arguments of `clients add`.
#[derive(Debug, Clone, Args)]
pub struct AddClientArgs {
    /// Where the database is.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// The client's id: 1 to 64 of a-z, 0-9 and -. It is `client_id` in its calls and access tokens.
    #[arg(value_name = "CLIENT_ID", allow_hyphen_values = true)]
    pub id: String,
    /// The name that users see in the list of their sessions.
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,
}

/// Arguments of `clients remove`.
#[derive(Debug, Clone, Args)]
pub struct RemoveClientArgs {
    /// Where the database is.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// The client's id.
    #[arg(value_name = "CLIENT_ID", allow_hyphen_values = true)]
    pub id: String,
    /// Whether to ask first.
    #[command(flatten)]
    pub consent: ConsentArgs,
}
