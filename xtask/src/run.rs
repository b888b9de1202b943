//! `cargo xtask run`: builds the app and serves it from the workspace.

use crate::workspace::Workspace;
use crate::{build, environment, process, report};
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

pub(crate) const TRUST_CLOCK: &str = "--trust-clock";

/// Builds, then replaces xtask by `baton serve`.
pub(crate) fn run(workspace: &Workspace, release: bool, arguments: &[OsString]) -> Result<()> {
    build::site_and_program(workspace, release)?;
    report::heading(&welcome(has_other_address(arguments)));
    let mut serve = process::command(workspace, workspace.program(release));
    serve.arg("serve").args(arguments);
    if !arguments.iter().any(|argument| argument == TRUST_CLOCK) {
        // On a developer's machine days pass between two starts, and the database has no other user's sessions.
        serve.arg(TRUST_CLOCK);
    }
    replace_process(&mut serve)
}

/// Whether the arguments or the environment set another address than the default.
fn has_other_address(arguments: &[OsString]) -> bool {
    let names = ["--listen", "--origin"];
    let chosen = arguments.iter().filter_map(|argument| argument.to_str());
    chosen.into_iter().any(|argument| names.iter().any(|name| argument.starts_with(name)))
        || environment::variable("BATON_LISTEN").is_some()
        || environment::variable("BATON_ORIGIN").is_some()
}

fn welcome(other_address: bool) -> String {
    let place = if other_address {
        "the line `open` below has its address"
    } else {
        "open http://localhost:3000 once `listening on` appears below"
    };
    format!("Starting Baton: {place}. Ctrl-C stops it.")
}

/// Replaces xtask by the server, so that Ctrl-C and SIGTERM reach the server alone.
fn replace_process(serve: &mut Command) -> Result<()> {
    Err(serve.exec()).context("the server could not be started; `cargo xtask build` builds it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_address_is_not_announced_as_the_default() {
        assert!(has_other_address(&["--listen=127.0.0.1:0".into()]));
        assert!(has_other_address(&["--origin".into(), "http://localhost:8080".into()]));
        assert!(welcome(false).contains("http://localhost:3000"));
        assert!(!welcome(true).contains("3000"));
    }
}
