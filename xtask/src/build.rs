//! `cargo xtask build`: the site and the program, and the sizes of the site's files.

use crate::report;
use crate::site;
use crate::workspace::Workspace;
use crate::{process, tools};
use anyhow::{Context, Result};

/// Every program that ships, and those that test them. Not `-p backend`: features are unified over the whole
/// workspace, as for the tests (`--examples` adds those of the tests' own dependencies), so that crates compiled by
/// `cargo xtask test` are reused.
const PROGRAMS: [&str; 4] = ["build", "--workspace", "--bins", "--examples"];

/// Builds both and prints the sizes.
pub(crate) fn build(workspace: &Workspace, release: bool) -> Result<()> {
    site_and_program(workspace, release)?;
    site::print_sizes(workspace)?;
    let program = workspace.program(release);
    let shown = program.strip_prefix(&workspace.root).unwrap_or(&program);
    report::say(&format!("\nBuilt {} and target/site.", shown.display()));
    Ok(())
}

/// Builds every program without optimisations, as the tests are built.
pub(crate) fn all_programs(workspace: &Workspace, title: &str) -> Result<()> {
    report::step(title, || {
        process::run(&mut process::cargo(workspace, &PROGRAMS)).context(tools::COMPILER_REMEDY)
    })
}

/// Builds `target/{debug,release}/notes`.
pub(crate) fn notes(workspace: &Workspace, release: bool) -> Result<()> {
    let profile = if release { "--release" } else { "--profile=dev" };
    report::step("Building the notes service", || {
        let arguments = ["build", "-p", "notes", "--bin", "notes", profile];
        process::run(&mut process::cargo(workspace, &arguments)).context(tools::COMPILER_REMEDY)
    })
}

/// Builds `target/site` and `target/{debug,release}/baton`.
pub(crate) fn site_and_program(workspace: &Workspace, release: bool) -> Result<()> {
    site::build(workspace)?;
    program(workspace, release)
}

/// Builds `target/{debug,release}/baton`.
pub(crate) fn program(workspace: &Workspace, release: bool) -> Result<()> {
    let (title, profile) = if release {
        ("Building the server with optimisations (10 minutes or more the first time)", "--release")
    } else {
        ("Building the server (about 5 minutes the first time)", "--profile=dev")
    };
    report::step(title, || {
        // `-p backend` and not `--workspace`: the client-side half of Leptos must stay out of it.
        let arguments = ["build", "-p", "backend", "--bin", "baton", profile];
        process::run(&mut process::cargo(workspace, &arguments)).context(tools::COMPILER_REMEDY)
    })
}
