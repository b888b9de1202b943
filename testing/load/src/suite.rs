//! A whole run: every chosen workload on every engine, round by round; then the tables, the comparison with the last
//! release, and the documents.

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::arguments::Options;
use crate::bench::Bench;
use crate::cpus::Cpus;
use crate::document;
use crate::interrupt;
use crate::machine::Machine;
use crate::report;
use crate::results::{Point, Results, medians};
use crate::summary;
use crate::workloads::{self, Workload};

/// Measures, prints, and writes what the options ask for.
pub(crate) fn run(options: &Options) -> Result<()> {
    interrupt::watch()?;
    let chosen = workloads::chosen(&options.only, options.few)?;
    if chosen.is_empty() {
        return passed(0);
    }
    // Before the measurement: it would be lost to a broken file.
    let last = last_release(options)?;
    let cpus = Cpus::divide()?;
    if !cpus.is_pinned() {
        report::say(
            "Servers and generator share the CPUs: the figures are rough. Two CPUs and `taskset` \
             (`apt-get install util-linux`) keep them apart.",
        );
    }
    let machine = Machine::read(&cpus);
    report::say("Starting the servers and logging the users in");
    let mut bench = Bench::start(options, cpus)?;
    let points = measured(&mut bench, &chosen)?;
    let results = Results {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        machine,
        rounds: bench.scale.rounds,
        seconds: bench.scale.window.length.as_secs_f64(),
        points: medians(&points),
    };
    drop(bench);
    print(&results, last.as_ref());
    if let Some(folder) = &options.documents {
        document::write(folder, &results, last.as_ref())?;
        report::say(&format!("\nWrote {}", folder.join("performance.md").display()));
    }
    if let (true, Some(file)) = (options.store_release, &options.last_release) {
        store(file, &results)?;
    }
    passed(chosen.len())
}

/// The points of all rounds.
fn measured(bench: &mut Bench, chosen: &[&Workload]) -> Result<Vec<Point>> {
    let mut points = Vec::new();
    let (in_rounds, once): (Vec<&Workload>, Vec<&Workload>) =
        chosen.iter().copied().partition(|workload| workload.in_rounds);
    let rounds = bench.scale.rounds;
    for round in 1..=rounds {
        for workload in &in_rounds {
            let title = format!("{}, round {round} of {rounds}", workload.name);
            measure(bench, workload, &title, &mut points)?;
        }
    }
    for workload in once {
        measure(bench, workload, workload.name, &mut points)?;
    }
    Ok(points)
}

fn measure(
    bench: &mut Bench,
    workload: &Workload,
    title: &str,
    points: &mut Vec<Point>,
) -> Result<()> {
    for engine in bench.engines() {
        if !workload.engines.contains(&engine) {
            continue;
        }
        report::say(&format!("\n{title}: {}", workload.about));
        let found = (workload.run)(bench, engine);
        let found = found.with_context(|| format!("{}, {}", workload.name, engine.server()))?;
        for point in &found {
            report::say(&summary::line(point));
        }
        points.extend(found);
        interrupt::check()?;
    }
    Ok(())
}

fn print(results: &Results, last: Option<&Results>) {
    for titled in summary::tables(results) {
        report::say(&format!("\n{}\n{}", titled.title, titled.table.text()));
    }
    match last {
        Some(last) => {
            let changes = summary::changes(results, last).text();
            report::say(&format!("\nAgainst {}, as quotients\n{changes}", last.version));
        }
        None => report::say("\nNo release to compare with: --store-release stores these results."),
    }
}

/// The stored results, if there are any.
fn last_release(options: &Options) -> Result<Option<Results>> {
    let Some(file) = options.last_release.as_ref().filter(|file| file.exists()) else {
        return Ok(None);
    };
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("{} cannot be read", file.display()))?;
    match Results::parse(&text) {
        // They are about to be replaced.
        Err(_) if options.store_release => Ok(None),
        parsed => Ok(Some(parsed?)),
    }
}

fn store(file: &Path, results: &Results) -> Result<()> {
    let cannot = || format!("{} cannot be written", file.display());
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).with_context(cannot)?;
    }
    std::fs::write(file, results.encode()?).with_context(cannot)?;
    report::say(&format!("Stored these results in {}", file.display()));
    Ok(())
}

/// The last line, in the words of a test runner.
fn passed(workloads: usize) -> Result<()> {
    report::say(&format!("\nworkloads: {workloads} passed"));
    Ok(())
}
