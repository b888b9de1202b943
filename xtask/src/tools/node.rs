//! Node and the packages of `end2end/package-lock.json`: Playwright, axe, and the tools that shrink the site: binaryen
//! (`wasm-opt`) and esbuild; and those of `testing/interop`.

use crate::workspace::Workspace;
use crate::{files, process, report};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

/// Playwright's requirement.
const OLDEST_NODE: u32 = 20;

/// The packages that build the site and test it.
pub(crate) fn ensure_packages(workspace: &Workspace) -> Result<()> {
    ensure(workspace, &workspace.end2end())
}

/// The npm libraries that the program is tried with.
pub(crate) fn ensure_interop(workspace: &Workspace) -> Result<()> {
    ensure(workspace, &workspace.interop())
}

/// Runs `npm ci` in `folder` when the installed packages are not those of its lock file.
fn ensure(workspace: &Workspace, folder: &Path) -> Result<()> {
    ensure_node(workspace)?;
    let wanted = files::sha256(&files::read(&folder.join("package-lock.json"))?);
    // The stamp lies inside node_modules, so that deleting that folder invalidates it.
    let stamp = folder.join("node_modules/.lock-sha256");
    if std::fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    let shown = folder.strip_prefix(&workspace.root).unwrap_or(folder).display();
    let title = format!("Installing the Node packages of {shown}, takes about a minute…");
    report::step(&title, || {
        let mut npm = process::command(workspace, "npm");
        npm.current_dir(folder).args(["ci", "--no-audit", "--no-fund"]);
        let remedy = "the Node packages could not be installed. The npm registry must be reachable";
        process::run(&mut npm).with_context(|| format!("{remedy}. Alone: `npm ci` in {shown}"))?;
        std::fs::write(&stamp, &wanted)
            .with_context(|| format!("{shown}/node_modules cannot be written to"))
    })
}

/// The version of a package in the lock file, as part of the bundle's cache key: another version of a tool gives
/// another bundle.
pub(crate) fn locked_version(workspace: &Workspace, package: &str) -> Result<String> {
    let lock = files::read_text(&lock_file(workspace))?;
    let lock: serde_json::Value =
        serde_json::from_str(&lock).context("end2end/package-lock.json is not JSON")?;
    match &lock["packages"][format!("node_modules/{package}")]["version"] {
        serde_json::Value::String(version) => Ok(version.clone()),
        _ => bail!("end2end/package-lock.json lacks {package}, which the bundle needs"),
    }
}

fn lock_file(workspace: &Workspace) -> PathBuf {
    workspace.end2end().join("package-lock.json")
}

fn ensure_node(workspace: &Workspace) -> Result<()> {
    let answer = process::output(process::command(workspace, "node").arg("--version"));
    let npm = process::output(process::command(workspace, "npm").arg("--version"));
    let found = answer.as_deref().unwrap_or("none");
    if npm.is_none() || major(found).is_none_or(|version| version < OLDEST_NODE) {
        bail!(
            "Node {OLDEST_NODE} or later with npm is needed, found: {found}. \
             Install it from https://nodejs.org or with your distribution's packages"
        );
    }
    Ok(())
}

/// `v20.11.1` is 20.
fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_the_first_number() {
        assert_eq!(major("v20.11.1"), Some(20));
        assert_eq!(major("none"), None);
    }
}
