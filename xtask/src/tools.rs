//! The tools that build and test Baton, beyond cargo and Node: found, or installed with a notice. One file per kind
//! of tool. Only Debian's packages are installed into the system (`chromium`, `chromium-headless-shell`, `faketime`,
//! `firefox-esr`, `postgresql`, `python3-pip`, `strace`, `webkit2gtk-driver`, `xvfb`), and those only as root.

pub(crate) mod cargo;
pub(crate) mod chromium;
pub(crate) mod debian;
pub(crate) mod faketime;
pub(crate) mod node;
pub(crate) mod other_browsers;
pub(crate) mod postgres;
pub(crate) mod pypi;
pub(crate) mod strace;
pub(crate) mod target;

use crate::workspace::Workspace;
use anyhow::Result;

/// A remedy for a Rust build that fails before it reaches the workspace's code.
pub(crate) const COMPILER_REMEDY: &str = "the build failed. If the message above speaks of a \
    missing C compiler or linker: `apt-get install build-essential`; if it speaks of a registry: \
    crates.io must be reachable";

/// Installs the tools that turn `crates/frontend` into files for a browser.
pub(crate) fn ensure_for_site(workspace: &Workspace) -> Result<()> {
    target::ensure_wasm(workspace)?;
    node::ensure_packages(workspace)?;
    cargo::TRUNK.ensure(workspace)?;
    cargo::ensure_wasm_bindgen(workspace)
}
