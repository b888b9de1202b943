//! strace, with which a test sees what the server writes and flushes: the one that is there, or
//! Debian's package.

use super::debian;
use crate::workspace::Workspace;
use crate::{environment, report};
use anyhow::{Context, Result};

const REMEDY: &str = "no strace was found and none could be installed. The test of power cuts needs \
    it: on Debian `sudo apt-get install strace`; elsewhere, your distribution's package of it";

/// Installs it unless it is there.
pub(crate) fn ensure(workspace: &Workspace) -> Result<()> {
    if environment::on_path("strace").is_none() && debian::is_debian() && debian::is_root(workspace)
    {
        report::step("Installing Debian's strace, takes a few seconds…", || {
            debian::install(workspace, "strace").context(REMEDY)
        })?;
    }
    environment::on_path("strace").map(drop).context(REMEDY)
}
