//! Environment variables in xtask are read here only.

use std::ffi::OsString;
use std::path::PathBuf;

/// The variable's value; an empty one counts as unset, as in a shell's `${NAME:-}`.
#[expect(
    clippy::disallowed_methods,
    reason = "xtask has no configuration file; the ban protects the server's configuration"
)]
pub(crate) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// The user's cargo folder, where `cargo install` puts programs.
pub(crate) fn cargo_home() -> Option<PathBuf> {
    let home = || Some(std::env::home_dir()?.join(".cargo"));
    variable("CARGO_HOME").map(PathBuf::from).or_else(home)
}

/// The first program of this name in the folders of `PATH`.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = variable("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}
