//! The load generator: measures the running program beside a bare axum server in the same run, prints how both
//! compare with the last release, and writes `docs/performance.md`. It knows HTTP, processes and database files; it
//! must not depend on `backend`.
//!
//! Start reading at [`workloads`]: each is independent. Requests are made in [`traffic`], sent and timed in
//! [`generator`]. `cargo xtask bench` builds the programs and runs it.
#![forbid(unsafe_code)]

mod arguments;
mod bare;
mod bench;
mod caller;
mod chart;
mod charts;
mod connection;
mod cpus;
mod database;
mod document;
mod fill;
mod generator;
mod histogram;
mod http;
mod interrupt;
mod machine;
mod measurement;
mod numbers;
mod procfs;
mod report;
mod results;
mod scale;
mod schedule;
mod server;
mod session;
mod suite;
mod summary;
mod table;
mod target;
#[cfg(test)]
mod tests;
mod timing;
mod traffic;
mod workloads;

use std::process::ExitCode;

use clap::Parser as _;

use crate::arguments::{Arguments, Command};

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Run(options) => suite::run(&options),
        Command::Bare => bare::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::say(&format!("load: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
