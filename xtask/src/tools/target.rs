//! The standard library for WebAssembly.

use crate::workspace::Workspace;
use crate::{process, report};
use anyhow::{Context, Result};
use std::path::Path;

/// The browser's compilation target.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// Adds the target with rustup if the toolchain lacks it: not every toolchain is rustup's.
pub(crate) fn ensure_wasm(workspace: &Workspace) -> Result<()> {
    let mut rustc = process::command(workspace, "rustc");
    rustc.args(["--print", "target-libdir", "--target", WASM]);
    if process::output(&mut rustc).is_some_and(|folder| Path::new(&folder).is_dir()) {
        return Ok(());
    }
    report::step("Installing the Rust target wasm32-unknown-unknown, takes a minute…", || {
        let mut rustup = process::command(workspace, "rustup");
        process::run(rustup.args(["target", "add", WASM])).context(
            "the target wasm32-unknown-unknown could not be installed. With rustup \
             (https://rustup.rs) and a network: `rustup target add wasm32-unknown-unknown`; \
             without rustup, install your distribution's package of it",
        )
    })
}
