//! libfaketime, for the fault suite: a clock for single processes, independent of the machine's.

use super::debian;
use crate::report;
use crate::workspace::Workspace;
use anyhow::Result;

/// Debian's program, which comes with the library.
const PROGRAM: &str = "faketime";

/// Installs it where possible. Elsewhere the scenario that needs it reports what is missing.
pub(crate) fn ensure(workspace: &Workspace) -> Result<()> {
    let missing = crate::environment::on_path(PROGRAM).is_none();
    if missing && debian::is_debian() && debian::is_root(workspace) {
        report::step("Installing Debian's faketime", || debian::install(workspace, PROGRAM))?;
    }
    Ok(())
}
