//! `cargo xtask mutants`: is every line of the deciding crates held by a test?
//! What is left out stands, with reasons, in `.cargo/mutants.toml`.

use crate::workspace::Workspace;
use crate::{process, report, tools};
use anyhow::{Context, Result};
use std::ffi::OsString;

/// Runs `cargo mutants`, for rotation and verifier unless told otherwise.
pub(crate) fn mutants(workspace: &Workspace, arguments: &[OsString]) -> Result<()> {
    tools::cargo::MUTANTS.ensure(workspace)?;
    let mut command = process::cargo(workspace, &["mutants"]);
    // Each changed copy has a folder of its own for what is built of it.
    command.env_remove("CARGO_TARGET_DIR");
    if arguments.is_empty() {
        command.args(["-p", "rotation", "-p", "verifier"]);
    } else {
        command.args(arguments);
    }
    report::step(
        "Changing the code on purpose, one change at a time (half an hour or more)",
        || {
            process::run(&mut command)
                .context("a mutant survived: a test is missing; see mutants.out")
        },
    )
}
