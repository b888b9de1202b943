//! What Baton is built and tested with, beyond cargo and Node: found, or installed and said so.
//! One file per kind of tool. Nothing is installed into the system but Debian's packages
//! (`chromium`, `faketime`, `firefox-esr`, `postgresql`, `python3-pip`, `strace`, `webkit2gtk-driver`, `xvfb`), and that only as root.

pub(crate) mod cargo;
pub(crate) mod chromium;
pub(crate) mod debian;
pub(crate) mod envoy;
pub(crate) mod faketime;
pub(crate) mod node;
pub(crate) mod other_browsers;
pub(crate) mod postgres;
pub(crate) mod strace;
pub(crate) mod target;

use crate::workspace::Workspace;
use anyhow::Result;

/// What to try when a Rust build fails before it reaches our code.
pub(crate) const COMPILER_REMEDY: &str = "the build failed. If the message above speaks of a \
    missing C compiler or linker: `apt-get install build-essential`; if it speaks of a registry: \
    crates.io must be reachable";

/// Everything that turns `crates/frontend` into files for a browser.
pub(crate) fn ensure_for_site(workspace: &Workspace) -> Result<()> {
    target::ensure_wasm(workspace)?;
    node::ensure_packages(workspace)?;
    cargo::TRUNK.ensure(workspace)?;
    cargo::ensure_wasm_bindgen(workspace)
}
