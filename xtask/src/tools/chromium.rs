//! A Chromium for the browser tests: an installed one, Debian's, or Playwright's own.

use super::debian;
use crate::workspace::Workspace;
use crate::{environment, process, report};
use anyhow::{Context, Result, bail};
use std::path::PathBuf;

/// Names of Chromium's program in packages.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// The variable that names the browser, read here and by Playwright's configuration.
pub(crate) const VARIABLE: &str = "BATON_CHROMIUM";

const REMEDY: &str = "no Chromium was found and none could be installed. One of these helps: on \
    Debian `sudo apt-get install chromium`; elsewhere `npx playwright install --with-deps chromium` \
    in end2end; or set BATON_CHROMIUM to the path of a Chromium or Chrome";

/// The path of a Chromium, which is installed if it is missing.
pub(crate) fn ensure(workspace: &Workspace) -> Result<PathBuf> {
    if let Some(chosen) = environment::variable(VARIABLE).map(PathBuf::from) {
        if chosen.is_file() {
            return Ok(chosen);
        }
        bail!("{VARIABLE} names {}, which is not there. Unset or mend it", chosen.display());
    }
    if let Some(found) = installed().or_else(|| playwrights(workspace)) {
        return Ok(found);
    }
    if debian::is_debian() && debian::is_root(workspace) {
        // On failure, Playwright can still download its own.
        if report::step("Installing Debian's Chromium, takes 2 minutes…", || {
            debian::install(workspace, "chromium")
        })
        .is_ok()
            && let Some(found) = installed()
        {
            return Ok(found);
        }
    }
    report::step("Installing Playwright's Chromium, takes 2 minutes…", || {
        let mut playwright = process::command(workspace, "playwright");
        playwright.current_dir(workspace.end2end()).args(["install", "chromium"]);
        process::run(&mut playwright).context(REMEDY)
    })?;
    playwrights(workspace).context(REMEDY)
}

fn installed() -> Option<PathBuf> {
    NAMES.iter().find_map(|name| environment::on_path(name))
}

/// Playwright's own browser, if it was downloaded and its libraries are installed.
fn playwrights(workspace: &Workspace) -> Option<PathBuf> {
    let question = "console.log(require('@playwright/test').chromium.executablePath())";
    let mut node = process::command(workspace, "node");
    node.current_dir(workspace.end2end()).args(["-e", question]);
    let path = PathBuf::from(process::output(&mut node)?);
    let starts = process::output(process::command(workspace, &path).arg("--version")).is_some();
    starts.then_some(path)
}
