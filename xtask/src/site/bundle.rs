//! The bundle: `crates/frontend` compiled to WebAssembly, wrapped by wasm-bindgen and shrunk by wasm-opt, all by
//! Trunk (`Trunk.toml`). It takes minutes, so it is cached by a hash of its inputs.

use super::asset::Asset;
use crate::files::{self, Fingerprint};
use crate::tools::{self, cargo, node};
use crate::workspace::Workspace;
use crate::{process, report};
use anyhow::{Context, Result};
use std::path::Path;

/// Trunk's names of the two files, since `filehash` is off.
const SCRIPT: &str = "frontend.js";
const WASM: &str = "frontend_bg.wasm";

/// Builds the bundle unless the cached one is fresh; returns its fingerprint.
pub(crate) fn ensure(workspace: &Workspace) -> Result<String> {
    let inputs = inputs(workspace)?;
    let stamp = workspace.cache().join("bundle.stamp");
    let known = std::fs::read_to_string(&stamp).unwrap_or_default();
    // The stamp covers the output: a manual run of Trunk, without --release, invalidates it.
    if let Ok(outcome) = outcome(&workspace.bundle())
        && known == format!("{inputs}\n{outcome}\n")
    {
        return Ok(outcome);
    }
    tools::ensure_for_site(workspace)?;
    let title = "Building the browser's bundle (about 5 minutes the first time)";
    report::step(title, || trunk(workspace))?;
    let outcome = outcome(&workspace.bundle()).context(
        "Trunk ended well but left no bundle. Trunk.toml must say dist = \"target/trunk\" and \
         filehash = false",
    )?;
    std::fs::write(&stamp, format!("{inputs}\n{outcome}\n"))?;
    Ok(outcome)
}

/// A hash of all inputs of the bundle; tests of the crates are none.
fn inputs(workspace: &Workspace) -> Result<String> {
    let mut fingerprint = Fingerprint::default();
    let compiler = process::output(process::command(workspace, "rustc").arg("-vV"));
    fingerprint.add("rustc", compiler.unwrap_or_default().as_bytes());
    fingerprint.add("trunk", cargo::TRUNK.version().as_bytes());
    fingerprint.add("binaryen", node::binaryen_version(workspace)?.as_bytes());
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
    for file in [SCRIPT, WASM] {
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

/// The bundle's files as assets. The script refers to its snippets by name, so their new names are written into it.
pub(crate) fn assets(bundle: &Path) -> Result<Vec<Asset>> {
    let mut script = files::read_text(&bundle.join(SCRIPT))?;
    let mut assets = vec![Asset::new(WASM, files::read(&bundle.join(WASM))?)];
    let snippets = bundle.join("snippets");
    if snippets.is_dir() {
        for file in files::under(&snippets, &[])? {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let asset = Asset::new(&name, files::read(&file)?);
            let inside = file.strip_prefix(bundle).unwrap_or(&file).display();
            script = script.replace(&format!("./{inside}"), &format!("./{}", asset.name));
            assets.push(asset);
        }
    }
    assets.push(Asset::new(SCRIPT, script.into_bytes()));
    Ok(assets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Folder;

    #[test]
    fn the_script_finds_its_snippets_under_their_new_names() {
        let folder = Folder::new("bundle-snippets");
        folder.write(WASM, "wasm");
        folder.write("snippets/leptos-1/inline0.js", "export {}");
        folder.write(SCRIPT, "import * as a from \"./snippets/leptos-1/inline0.js\"");
        let assets = assets(&folder.0).expect("the bundle is whole");
        let script = assets.iter().find(|asset| asset.is(SCRIPT)).expect("it is listed");
        let snippet = assets.iter().find(|asset| asset.is("inline0.js")).expect("it is listed");
        let expected = format!("import * as a from \"./{}\"", snippet.name);
        assert_eq!(String::from_utf8_lossy(&script.content), expected);
    }
}
