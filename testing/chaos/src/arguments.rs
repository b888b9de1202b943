//! The command line of the fault suite.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// Break Baton in every way it must survive.
#[derive(Parser)]
#[command(name = "cargo xtask chaos", bin_name = "cargo xtask chaos")]
pub(crate) struct Arguments {
    /// How many rounds of each scenario; each has a number of its own.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) rounds: Option<u64>,
    /// Only the scenario of this name, or those whose name contains it; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub(crate) scenario: Vec<String>,
    /// On which engine.
    #[arg(long, value_enum, default_value_t = Databases::All)]
    pub(crate) database: Databases,
    /// Repeats the choices of the run that printed this seed.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// The program to test.
    #[arg(
        long,
        value_name = "PATH",
        default_value = "target/debug/baton",
        overrides_with = "binary"
    )]
    pub(crate) binary: PathBuf,
    /// The same program, built with `--features failpoints`.
    #[arg(
        long,
        value_name = "PATH",
        default_value = "target/failpoints/debug/baton",
        overrides_with = "failpoints"
    )]
    pub(crate) failpoints: PathBuf,
    /// The resource server (notes) that accepts the program's access tokens.
    #[arg(
        long,
        value_name = "PATH",
        default_value = "target/debug/notes",
        overrides_with = "notes"
    )]
    pub(crate) notes: PathBuf,
    /// Envoy, the gateway in front of both.
    #[arg(long, value_name = "PATH", default_value = "envoy", overrides_with = "envoy")]
    pub(crate) envoy: PathBuf,
    /// A smoke run: a few rounds of each scenario, about six minutes in all.
    #[arg(long = "few", visible_alias = "smoke", conflicts_with = "rounds")]
    pub(crate) smoke: bool,
    /// Which scenarios: those that mostly wait, which can run beside other tests, the others, or all.
    #[arg(long, value_enum, default_value_t = Part::All)]
    pub(crate) part: Part,
    /// Keep the databases and logs of scenarios that fail.
    #[arg(long)]
    pub(crate) keep: bool,
    /// Name the scenarios and stop.
    #[arg(long)]
    pub(crate) list: bool,
}

/// The engines to run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Databases {
    Sqlite,
    Postgres,
    All,
}

/// Scenarios by what they do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    Waiting,
    Working,
    All,
}
