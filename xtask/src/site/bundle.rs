//! The bundle: `crates/frontend` compiled to WebAssembly by Trunk (`Trunk.toml`), and split into two parts (`split`).
//! It takes minutes, so it is cached by a hash of its inputs.

use super::asset::Asset;
use super::split::{self, SCRIPT, SECOND_PART, WASM};
use crate::files::{self, Fingerprint};
use crate::tools::{self, cargo, node};
use crate::workspace::Workspace;
use crate::{process, report};
use anyhow::{Context, Result};
use std::path::Path;

/// Builds the bundle unless the cached one is fresh; returns its fingerprint.
pub(crate) fn ensure(workspace: &Workspace) -> Result<String> {
    let inputs = inputs(workspace)?;
    let stamp = workspace.cache().join("bundle.stamp");
    let known = std::fs::read_to_string(&stamp).unwrap_or_default();
    // The stamp covers the output: a manual run of Trunk, without --release, invalidates it.
    if let Ok(outcome) = outcome(&workspace.parts())
        && known == format!("{inputs}\n{outcome}\n")
    {
        return Ok(outcome);
    }
    tools::ensure_for_site(workspace)?;
    let title = "Building the browser's bundle (about 5 minutes the first time)";
    report::step(title, || {
        trunk(workspace)?;
        split::split(workspace, &workspace.parts())
    })?;
    let outcome = outcome(&workspace.parts())?;
    std::fs::write(&stamp, format!("{inputs}\n{outcome}\n"))?;
    Ok(outcome)
}

/// A hash of all inputs of the bundle; tests of the crates are none.
fn inputs(workspace: &Workspace) -> Result<String> {
    let mut fingerprint = Fingerprint::default();
    let compiler = process::output(process::command(workspace, "rustc").arg("-vV"));
    fingerprint.add("rustc", compiler.unwrap_or_default().as_bytes());
    fingerprint.add("trunk", cargo::TRUNK.version().as_bytes());
    for package in ["binaryen", "esbuild"] {
        fingerprint.add(package, node::locked_version(workspace, package)?.as_bytes());
    }
    fingerprint.add("split", include_bytes!("split.rs"));
    fingerprint.add("names", include_bytes!("names.rs"));
    for path in [
        "Cargo.toml",
        "Cargo.lock",
        "Trunk.toml",
        ".cargo/config.toml",
        "crates/types",
        "crates/shared",
        "crates/frontend",
    ] {
        fingerprint.add_path(&workspace.root.join(path), &["tests"])?;
    }
    Ok(fingerprint.finish())
}

fn outcome(bundle: &Path) -> Result<String> {
    let mut fingerprint = Fingerprint::default();
    for file in [SCRIPT, WASM, SECOND_PART] {
        fingerprint.add(file, &files::read(&bundle.join(file))?);
    }
    Ok(fingerprint.finish())
}

fn trunk(workspace: &Workspace) -> Result<()> {
    // Trunk runs offline, so that it never downloads a tool of its own choice.
    process::run(&mut process::cargo(workspace, &["fetch", "--quiet"]))
        .context("the crates could not be fetched; crates.io must be reachable")?;
    let mut trunk = process::command(workspace, "trunk");
    // Only with --release does Trunk run wasm-opt; the cargo profile stands in Trunk.toml.
    trunk.args(["build", "--release"]);
    // `NO_COLOR=1` makes trunk 0.21.14 refuse its own command line.
    trunk.env_remove("NO_COLOR").env("TRUNK_SKIP_VERSION_CHECK", "true");
    process::run(&mut trunk).context(
        "the bundle could not be built; the message stands above. The compiler's part alone: \
         `cargo build -p frontend --features hydrate --target wasm32-unknown-unknown`",
    )
}

/// The bundle's files as assets.
pub(crate) fn assets(bundle: &Path) -> Result<Vec<Asset>> {
    let files = [SCRIPT, WASM, SECOND_PART].into_iter();
    files.map(|file| Ok(Asset::new(file, files::read(&bundle.join(file))?))).collect()
}
