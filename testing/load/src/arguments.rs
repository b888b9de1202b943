//! The command line of the load generator. `cargo xtask bench` has the same options, without the paths.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Measure Baton beside a bare axum server.
#[derive(Parser)]
#[command(name = "load")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Measure, print, compare, and write the documents.
    Run(Options),
    /// Be the yardstick: a bare axum server on a free port of loopback, until the process is killed.
    Bare,
}

/// What to measure, how long, and where the results go.
#[derive(Args)]
pub(crate) struct Options {
    /// The program to measure.
    #[arg(long, value_name = "PATH")]
    pub(crate) binary: PathBuf,
    /// The folder of the built site, for the program to serve.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) site: Option<PathBuf>,
    /// Databases and logs are kept in a folder in this one, until the run ends: on the disk to be measured.
    #[arg(long, value_name = "FOLDER", default_value = "target")]
    pub(crate) scratch: PathBuf,
    /// A smoke run: every workload for a second. The figures mean nothing, and no document is written.
    #[arg(long, conflicts_with_all = ["rounds", "seconds", "documents", "store_release"])]
    pub(crate) few: bool,
    /// Only the workload of this name, or those whose name contains it; may be given several times. No document is
    /// written.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["documents", "store_release"])]
    pub(crate) only: Vec<String>,
    /// How often each is measured; the results are medians.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,
    /// How long each measurement takes.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=60))]
    pub(crate) seconds: u32,
    /// Also on PostgreSQL: the URL of a cluster in which databases may be made and dropped.
    #[arg(long, value_name = "URL")]
    pub(crate) postgres: Option<String>,
    /// The folder of the documents: `performance.md` is written there, and pictures below it.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) documents: Option<PathBuf>,
    /// The results of the last release, to compare with.
    #[arg(long, value_name = "FILE")]
    pub(crate) last_release: Option<PathBuf>,
    /// Replace that file by these results: they are a release's.
    #[arg(long, requires = "last_release")]
    pub(crate) store_release: bool,
}
