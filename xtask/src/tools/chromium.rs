//! A Chromium for the browser tests: an installed one, Debian's, or Playwright's own; and its headless shell, the
//! same browser without its windows, which takes two fifths less of the processors.

use super::debian;
use crate::workspace::Workspace;
use crate::{environment, process, report};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

/// Names of Chromium's program in packages.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// The headless shell's program, and Debian's package of it.
const SHELL: &str = "chromium-headless-shell";

/// The variable that names the browser, read here and by Playwright's configuration.
pub(crate) const VARIABLE: &str = "BATON_CHROMIUM";
/// The same for the headless shell.
pub(crate) const SHELL_VARIABLE: &str = "BATON_HEADLESS_SHELL";

const REMEDY: &str = "no Chromium was found and none could be installed. One of these helps: on \
    Debian `sudo apt-get install chromium`; elsewhere `npx playwright install --with-deps chromium` \
    in end2end; or set BATON_CHROMIUM to the path of a Chromium or Chrome";

/// The path of a Chromium, which is installed if it is missing.
pub(crate) fn ensure(workspace: &Workspace) -> Result<PathBuf> {
    if let Some(chosen) = chosen(VARIABLE)? {
        return Ok(chosen);
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

/// The path of the headless shell, which is installed if it is missing and `whole` is Debian's. Elsewhere `whole`,
/// which passes the same tests in more time.
pub(crate) fn ensure_shell(workspace: &Workspace, whole: &Path) -> Result<PathBuf> {
    if let Some(chosen) = chosen(SHELL_VARIABLE)? {
        return Ok(chosen);
    }
    // A browser that the user has chosen is the one to test.
    if environment::variable(VARIABLE).is_none() {
        if let Some(found) = environment::on_path(SHELL) {
            return Ok(found);
        }
        if debian::is_debian() && debian::is_root(workspace) && installed().is_some() {
            let title = "Installing Debian's headless shell of Chromium, takes a minute…";
            let outcome = report::step(title, || debian::install(workspace, SHELL));
            if let (Ok(()), Some(found)) = (outcome, environment::on_path(SHELL)) {
                return Ok(found);
            }
        }
    }
    Ok(whole.to_path_buf())
}

/// The program that the variable names.
fn chosen(variable: &str) -> Result<Option<PathBuf>> {
    let Some(chosen) = environment::variable(variable).map(PathBuf::from) else { return Ok(None) };
    if chosen.is_file() {
        return Ok(Some(chosen));
    }
    bail!("{variable} names {}, which is not there. Unset or mend it", chosen.display())
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
