//! Debian's packages, installed as root.

use crate::workspace::Workspace;
use crate::{files, process};
use anyhow::Result;
use std::path::Path;

/// Debian itself, not its derivatives: on Ubuntu, the package `chromium` is an empty shell around a snap.
pub(crate) fn is_debian() -> bool {
    files::read_text(Path::new("/etc/os-release"))
        .is_ok_and(|release| release.lines().any(|line| line == "ID=debian"))
}

pub(crate) fn is_root(workspace: &Workspace) -> bool {
    process::output(process::command(workspace, "id").arg("-u")).as_deref() == Some("0")
}

/// Installs a package.
pub(crate) fn install(workspace: &Workspace, package: &str) -> Result<()> {
    let apt = || {
        let mut command = process::command(workspace, "apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    process::run(apt().arg("update"))?;
    process::run(apt().args(["install", "-y", "--no-install-recommends", package]))
}
