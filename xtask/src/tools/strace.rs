//! strace, for a test that observes the server's writes and flushes: an installed one, or Debian's package.

use super::debian;
use crate::workspace::Workspace;
use crate::{environment, report};
use anyhow::{Context, Result};

const REMEDY: &str = "no strace was found and none could be installed. The test of power cuts needs \
    it: on Debian `sudo apt-get install strace`; elsewhere, your distribution's package of it";

/// Installs it if it is missing.
pub(crate) fn ensure(workspace: &Workspace) -> Result<()> {
    if environment::on_path("strace").is_none() && debian::is_debian() && debian::is_root(workspace)
    {
        report::step("Installing Debian's strace, takes a few seconds…", || {
            debian::install(workspace, "strace").context(REMEDY)
        })?;
    }
    environment::on_path("strace").map(drop).context(REMEDY)
}
