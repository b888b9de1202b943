//! `cargo xtask mutants`: mutation tests: does a test fail for every changed line of the deciding crates?
//! `.cargo/mutants.toml` lists the exceptions, with reasons.

use crate::workspace::Workspace;
use crate::{process, report, tools};
use anyhow::{Context, Result};
use std::ffi::OsString;

/// Runs `cargo mutants`, by default for rotation and verifier.
pub(crate) fn mutants(workspace: &Workspace, arguments: &[OsString]) -> Result<()> {
    tools::cargo::MUTANTS.ensure(workspace)?;
    let mut command = process::cargo(workspace, &["mutants"]);
    // Each mutant is built in a folder of its own.
    command.env_remove("CARGO_TARGET_DIR");
    if arguments.is_empty() {
        command.args(["-p", "baton-rotation", "-p", "baton-verifier"]);
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
