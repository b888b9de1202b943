//! Firefox and WebKitGTK with its driver and a display: installed ones, or Debian's packages.

use super::debian;
use crate::workspace::Workspace;
use crate::{environment, report};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// Debian's package names.
const PACKAGES: [&str; 3] = ["firefox-esr", "webkit2gtk-driver", "xvfb"];
/// Folders in which packages put internal programs; their subfolders contain the architecture's and the library's
/// names.
const LIBRARIES: [&str; 2] = ["/usr/lib", "/usr/libexec"];

const REMEDY: &str = "Firefox, WebKitGTK's driver or Xvfb is missing and could not be installed: on Debian \
    `sudo apt-get install firefox-esr webkit2gtk-driver xvfb`";

/// The paths of the programs.
pub(crate) struct Browsers {
    pub(crate) firefox: PathBuf,
    /// The WebDriver server.
    pub(crate) webkit_driver: PathBuf,
    /// WebKitGTK's own browser.
    pub(crate) minibrowser: PathBuf,
    /// A virtual display.
    pub(crate) xvfb: PathBuf,
}

/// All of them, installed if they are missing.
pub(crate) fn ensure(workspace: &Workspace) -> Result<Browsers> {
    if let Some(found) = found() {
        return Ok(found);
    }
    if debian::is_debian() && debian::is_root(workspace) {
        report::step("Installing Debian's Firefox and WebKitGTK, takes about a minute…", || {
            PACKAGES
                .iter()
                .try_for_each(|package| debian::install(workspace, package))
                .context(REMEDY)
        })?;
    }
    found().context(REMEDY)
}

fn found() -> Option<Browsers> {
    let firefox = ["firefox-esr", "firefox"];
    Some(Browsers {
        firefox: firefox.iter().find_map(|name| environment::on_path(name))?,
        webkit_driver: environment::on_path("WebKitWebDriver")?,
        minibrowser: LIBRARIES.iter().find_map(|folder| minibrowser(Path::new(folder)))?,
        xvfb: environment::on_path("Xvfb")?,
    })
}

/// Two folders down: `x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser`; the newest, if there are several.
fn minibrowser(folder: &Path) -> Option<PathBuf> {
    let machines = inside(folder).into_iter().flat_map(|machine| inside(&machine));
    let mut candidates: Vec<_> = machines.map(|it| it.join("MiniBrowser")).collect();
    candidates.sort();
    candidates.into_iter().rfind(|file| file.is_file())
}

fn inside(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}
