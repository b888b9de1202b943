//! Administration as `clap` reads it. A password is never an argument: others can see those. What is named may begin
//! with a hyphen, or a user could choose an address that no command takes.

use clap::{Args, Subcommand};

use super::{ConsentArgs, DatabaseArgs, LifeArgs};

/// What can be done with users.
#[derive(Debug, Subcommand)]
pub enum UsersCommand {
    /// Add a user. The password is asked for, or is the first line of standard input.
    Add(AddUserArgs),
    /// List all users, one on each line: id, state, since when, email address, name.
    List(DatabaseArgs),
    /// Disable a user: all of their sessions end at once, and they may not log in.
    Disable(UserArgs),
    /// Enable a user: they may log in again, and logins that failed are forgotten.
    Enable(UserArgs),
}

/// What can be done with sessions.
#[derive(Debug, Subcommand)]
pub enum SessionsCommand {
    /// List sessions, one on each line: id, begun, seen last, expires, whose, address, device.
    List(ListSessionsArgs),
    /// End sessions: their tokens stop at once, at every instance within a second.
    End(RevokeSessionsArgs),
}

/// Whom `users add` adds.
#[derive(Debug, Clone, Args)]
pub struct AddUserArgs {
    /// Where the database is.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// The email address to log in with.
    #[arg(allow_hyphen_values = true)]
    pub email: String,
    /// What to call them.
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

/// What `sessions list` takes.
#[derive(Debug, Clone, Args)]
pub struct ListSessionsArgs {
    /// Where the database is.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// When a session is over.
    #[command(flatten)]
    pub life: LifeArgs,
    /// Whose.
    #[command(flatten)]
    pub whose: WhoseArgs,
}

/// What `sessions end` takes.
#[derive(Debug, Clone, Args)]
pub struct RevokeSessionsArgs {
    /// Where the database is.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// Whose.
    #[command(flatten)]
    pub whose: WhoseArgs,
    /// Whether to ask first; only for everyone's.
    #[command(flatten)]
    pub consent: ConsentArgs,
}

/// One user's, or everyone's: it has to be said which.
#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
pub struct WhoseArgs {
    /// One user's sessions, by email address.
    #[arg(long, value_name = "EMAIL", allow_hyphen_values = true)]
    pub user: Option<String>,
    /// Everyone's sessions.
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
    /// Remove a service: it may ask no more.
    Remove(RemoveServiceArgs),
}

/// What `services add` adds.
#[derive(Debug, Clone, Args)]
pub struct AddServiceArgs {
    /// Where the database is.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// The service's id: 1 to 64 of a-z, 0-9 and -.
    #[arg(allow_hyphen_values = true)]
    pub id: String,
    /// The audience it answers to, as it stands in `aud`: it is told of no other token.
    #[arg(long)]
    pub audience: String,
}

/// What `services remove` takes.
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
