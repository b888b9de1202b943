//! `cargo xtask simulate`: deterministic simulation of clients, servers, faults and thieves, a small world for each
//! seed (testing/simulator). A violated invariant ends the run with its trace and the command that reproduces it.

use crate::process::{self, Failed};
use crate::workspace::Workspace;
use crate::{report, tools};
use anyhow::{Context, Result};
use std::process::Command;

/// Which seeds to run.
#[derive(clap::Args)]
pub(crate) struct Seeds {
    /// How many seeds.
    #[arg(long, default_value_t = 10_000, conflicts_with = "seed")]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0, conflicts_with = "seed")]
    from: u64,
    /// One seed, with its trace.
    #[arg(long)]
    seed: Option<u64>,
}

/// Builds the simulator with optimisations and runs the seeds, on every core.
pub(crate) fn simulate(workspace: &Workspace, seeds: &Seeds) -> Result<()> {
    let title = "Building the simulator with optimisations (about 10 minutes the first time)";
    report::step(title, || {
        let arguments = ["build", "--profile", "simulate", "-p", "simulator", "--bin", "simulate"];
        process::run(&mut process::cargo(workspace, &arguments)).context(tools::COMPILER_REMEDY)
    })?;
    let mut command =
        process::command(workspace, workspace.target().join("simulate").join("simulate"));
    report::step("Running the seeds", || process::run(with(&mut command, seeds)))
        .map_err(|error| Failed::reported("the simulation", process::exit_code(&error)).into())
}

fn with<'a>(command: &'a mut Command, seeds: &Seeds) -> &'a mut Command {
    match seeds.seed {
        Some(seed) => command.args(["--seed", &seed.to_string()]),
        None => {
            command.args(["--seeds", &seeds.seeds.to_string(), "--from", &seeds.from.to_string()])
        }
    }
}
