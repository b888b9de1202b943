//! `cargo xtask interop`: other people's libraries, pinned, in front of the program (`testing/interop`). Not part of
//! `test`: it takes two minutes and a half, most of them waiting for keys.

use crate::tools::{node, pypi};
use crate::workspace::Workspace;
use crate::{build, process, report};
use anyhow::Result;

/// Installs the libraries, builds, and runs all of them, or one.
pub(crate) fn interop(workspace: &Workspace, library: Option<&str>) -> Result<()> {
    node::ensure_interop(workspace)?;
    let python_libraries = pypi::ensure_interop(workspace)?;
    build::program(workspace, false)?;
    report::heading(
        "Other people's libraries verify, introspect and revoke (two minutes and a half)",
    );
    let mut suite = process::command(workspace, "node");
    suite.arg(workspace.interop().join("run.mjs")).arg(workspace.program(false)).arg("python3");
    suite.args(library).env("PYTHONPATH", python_libraries);
    process::run(&mut suite)
}
