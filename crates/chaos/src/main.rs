//! The fault suite (chaos tests): starts the real program, breaks it, its database, its network and the gateway in
//! front of it, attacks it, and checks the invariants. It knows HTTP, processes and database files; it must not
//! depend on `backend`.
//!
//! Start reading at [`scenarios`]: each is independent. After each, [`checker`] checks every invariant. `cargo xtask
//! chaos` builds the programs and runs it.
#![forbid(unsafe_code)]

mod checker;
mod client;
mod cluster;
mod command;
mod database;
mod edge;
mod fault_proxy;
mod fill;
mod http;
mod instance;
mod lag;
mod latency;
mod load;
mod report;
mod rng;
mod scenarios;
mod seed;
mod stub;
mod suite;
mod switchable_proxy;
mod test_env;
mod ticket;
mod timing;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};

/// Break Baton in every way it must survive.
#[derive(Parser)]
#[command(name = "cargo xtask chaos", bin_name = "cargo xtask chaos")]
pub(crate) struct Arguments {
    /// How many rounds of each scenario; each has a number of its own.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    rounds: Option<u64>,
    /// Only the scenario of this name, or those whose name contains it; may be given several times.
    #[arg(long, value_name = "NAME")]
    scenario: Vec<String>,
    /// On which engine.
    #[arg(long, value_enum, default_value_t = Databases::All)]
    database: Databases,
    /// Repeats the choices of the run that printed this seed.
    #[arg(long)]
    seed: Option<u64>,
    /// The program to test.
    #[arg(
        long,
        value_name = "PATH",
        default_value = "target/debug/baton",
        overrides_with = "binary"
    )]
    binary: PathBuf,
    /// The same program, built with `--features failpoints`.
    #[arg(
        long,
        value_name = "PATH",
        default_value = "target/failpoints/debug/baton",
        overrides_with = "failpoints"
    )]
    failpoints: PathBuf,
    /// The resource server (notes) that accepts the program's access tokens.
    #[arg(
        long,
        value_name = "PATH",
        default_value = "target/debug/notes",
        overrides_with = "notes"
    )]
    notes: PathBuf,
    /// Envoy, the gateway in front of both.
    #[arg(long, value_name = "PATH", default_value = "envoy", overrides_with = "envoy")]
    envoy: PathBuf,
    /// A smoke run: a few rounds of each scenario, about seven minutes in all.
    #[arg(long = "few", visible_alias = "smoke", conflicts_with = "rounds")]
    smoke: bool,
    /// Keep the databases and logs of scenarios that fail.
    #[arg(long)]
    keep: bool,
    /// Name the scenarios and stop.
    #[arg(long)]
    list: bool,
}

/// The engines to run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Databases {
    Sqlite,
    Postgres,
    All,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    // Dropping the runtime aborts every task, and with each task the processes it holds.
    let verdict = runtime.block_on(async {
        let (mut interrupt, mut terminate) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        tokio::select! {
            verdict = suite::run(&arguments) => verdict,
            _ = interrupt.recv() => anyhow::bail!("interrupted"),
            _ = terminate.recv() => anyhow::bail!("told to stop"),
        }
    });
    match verdict {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => failed(&error),
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    report::say(&format!("chaos: {error:#}"));
    ExitCode::from(2)
}
