//! The fault suite (chaos tests): starts the real program, breaks it, its database, its network and the gateway in
//! front of it, attacks it, and checks the invariants. It knows HTTP, processes and database files; it must not
//! depend on `backend`.
//!
//! Start reading at [`scenarios`]: each is independent. After each, [`checker`] checks every invariant. `cargo xtask
//! chaos` builds the programs and runs it.
#![forbid(unsafe_code)]

mod arguments;
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
mod route;
mod scenarios;
mod seed;
mod stub;
mod suite;
mod switchable_proxy;
mod test_env;
mod ticket;
mod timing;

use std::process::ExitCode;

use clap::Parser as _;
use tokio::signal::unix::{SignalKind, signal};

use crate::arguments::Arguments;

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
            _ = terminate.recv() => anyhow::bail!("terminated"),
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
