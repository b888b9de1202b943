//! `cargo xtask bench`: measures the shipped program beside a bare axum server in the same run (`testing/load`),
//! compares both with the last release, and writes `docs/performance.md` with its pictures.

use crate::process::{self, Failed};
use crate::workspace::Workspace;
use crate::{build, report, site, tools};
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::process::Command;

/// The results of the last release, in the workspace.
const LAST_RELEASE: &str = "docs/performance/last-release.json";

/// The options of a measurement.
#[derive(clap::Args)]
pub(crate) struct Measurement {
    /// A smoke run of debug builds: every workload for a second. The figures mean nothing, and no document is
    /// written.
    #[arg(long, conflicts_with_all = ["rounds", "seconds", "store_release"])]
    few: bool,
    /// Only the workload of this name, or those whose name contains it; may be given several times. No document is
    /// written.
    #[arg(long, value_name = "NAME", conflicts_with = "store_release")]
    only: Vec<String>,
    /// How often each workload is measured; the results are medians [default: 3].
    #[arg(long)]
    rounds: Option<u32>,
    /// How long each measurement takes, 1 to 60 [default: 5].
    #[arg(long)]
    seconds: Option<u32>,
    /// Also on PostgreSQL: the URL of a cluster in which databases may be made and dropped.
    #[arg(long, value_name = "URL")]
    postgres: Option<OsString>,
    /// Store the results as those of the last release, with which later runs are compared.
    #[arg(long)]
    store_release: bool,
}

/// Builds the programs, measures, compares, and writes the documents.
pub(crate) fn bench(workspace: &Workspace, measurement: &Measurement) -> Result<()> {
    let mut load = if measurement.few { smoke(workspace)? } else { full(workspace)? };
    with(&mut load, measurement);
    let title = if measurement.few {
        "Every workload for a second"
    } else {
        "Measuring (about a quarter of an hour; leave the machine alone)"
    };
    report::step(title, || process::run(&mut load)).map_err(|error| {
        // It has said what failed.
        Failed::reported("cargo xtask bench", process::exit_code(&error)).into()
    })
}

/// Builds the programs; the command of a smoke run of all workloads, or of those that match a filter.
pub(crate) fn a_second_each(workspace: &Workspace, filters: &[String]) -> Result<Command> {
    let mut load = smoke(workspace)?;
    load.arg("--few");
    for filter in filters {
        load.arg("--only").arg(filter);
    }
    Ok(load)
}

/// The load generator and the program, as the tests are built.
fn smoke(workspace: &Workspace) -> Result<Command> {
    build::all_programs(workspace, "Building the server and the load generator")?;
    Ok(command(workspace, false))
}

/// Both with optimisations. Two builds: features of the generator must not reach the program that is measured.
fn full(workspace: &Workspace) -> Result<Command> {
    build::site_and_program(workspace, true)?;
    let title = "Building the load generator with optimisations (a few minutes the first time)";
    report::step(title, || {
        let arguments = ["build", "-p", "load", "--bin", "load", "--release"];
        process::run(&mut process::cargo(workspace, &arguments)).context(tools::COMPILER_REMEDY)
    })?;
    Ok(command(workspace, true))
}

fn command(workspace: &Workspace, release: bool) -> Command {
    let program = workspace.program(release);
    let mut load = process::command(workspace, program.with_file_name("load"));
    load.arg("run").arg("--binary").arg(program).arg("--scratch").arg(workspace.target());
    // A smoke run does without a site: it takes minutes to build.
    if site::is_built(workspace) {
        load.arg("--site").arg(workspace.site());
    }
    load
}

fn with(load: &mut Command, measurement: &Measurement) {
    for name in &measurement.only {
        load.arg("--only").arg(name);
    }
    if let Some(url) = &measurement.postgres {
        load.arg("--postgres").arg(url);
    }
    if measurement.few {
        load.arg("--few");
        return;
    }
    let numbers = [("--rounds", measurement.rounds), ("--seconds", measurement.seconds)];
    for (name, value) in numbers {
        if let Some(value) = value {
            load.args([name, &value.to_string()]);
        }
    }
    load.args(["--last-release", LAST_RELEASE]);
    // A part of the workloads is no document.
    if measurement.only.is_empty() {
        load.args(["--documents", "docs"]);
    }
    if measurement.store_release {
        load.arg("--store-release");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        measurement: Measurement,
    }

    fn arguments(words: &[&str]) -> Vec<String> {
        let words = ["bench"].iter().chain(words);
        let Line { measurement } = Line::try_parse_from(words).expect("options");
        let mut load = Command::new("load");
        with(&mut load, &measurement);
        load.get_args().map(|it| it.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn only_a_whole_run_writes_documents() {
        let last = ["--last-release", LAST_RELEASE];
        assert_eq!(arguments(&[]), [&last[..], &["--documents", "docs"][..]].concat());
        assert_eq!(
            arguments(&["--only", "me", "--seconds", "2"]),
            [&["--only", "me", "--seconds", "2"][..], &last[..]].concat()
        );
        assert_eq!(arguments(&["--few", "--only", "me"]), ["--only", "me", "--few"]);
    }

    #[test]
    fn what_is_no_release_is_not_stored_as_one() {
        assert!(arguments(&["--store-release"]).contains(&"--store-release".to_owned()));
        for part in [["--few", "--store-release"], ["--only=me", "--store-release"]] {
            assert!(Line::try_parse_from(["bench"].iter().chain(&part)).is_err(), "{part:?}");
        }
    }
}
