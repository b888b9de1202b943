//! The command line and the environment as `clap` reads them.

use std::net::SocketAddr;

use clap::{Args, Parser, Subcommand};

/// Notes of logged-in users, as a service beside the issuer of their access tokens.
#[derive(Debug, Parser)]
#[command(name = "notes", version, about, flatten_help = true)]
pub struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Which log lines to write to standard error, in the syntax of tracing-subscriber.
    #[arg(long, env = "NOTES_LOG", default_value = "info", global = true)]
    pub log: String,
}

/// The program's commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve until SIGTERM or Ctrl-C.
    Serve(Settings),
}

/// How to serve.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// Where to listen; port 0 picks one. It speaks plain HTTP: put a gateway in front.
    #[arg(long, env = "NOTES_LISTEN", default_value = "127.0.0.1:3002", value_name = "ADDRESS")]
    pub listen: SocketAddr,
    /// The issuer of access tokens: its URL as its tokens say it.
    #[arg(long, env = "NOTES_ISSUER", default_value = "http://localhost:3000", value_name = "URL")]
    pub issuer: String,
    /// What this service is called in `aud` of access tokens.
    #[arg(long, env = "NOTES_AUDIENCE", value_name = "NAME")]
    pub audience: String,
    /// The database: sqlite:FILE. The file is made on the first start.
    #[arg(long, env = "NOTES_DATABASE", default_value = "sqlite:notes.db", value_name = "URL")]
    pub database: String,
}
