//! `cargo xtask timing`: a test for a timing side channel: does authentication take as long for an unknown user, a
//! wrong password and a disabled user? It measures the shipped program, over a socket. Not part of the tests: a
//! loaded machine proves neither answer.

mod client;
mod welch;

use crate::process::{self, Failed};
use crate::report::{self, Stopwatch};
use crate::tools;
use crate::workspace::Workspace;
use anyhow::{Context, Result, ensure};
use client::{Client, Server};
use std::path::{Path, PathBuf};
use welch::{Sample, percentile};

/// The limit for |t|, above which a difference is not chance: dudect's threshold for a leak.
const LEAK_THRESHOLD: f64 = 4.5;
/// Logins slower than this share of all were disturbed by other load.
const UNDISTURBED_SHARE: f64 = 0.9;
const PASSWORD: &str = "velvet otter under glass";

/// The options of a measurement.
#[derive(clap::Args)]
pub(crate) struct Measurement {
    /// How many logins of each kind.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(10..))]
    samples: u32,
    /// The program to measure, instead of building it.
    #[arg(long)]
    binary: Option<PathBuf>,
}

/// A kind of failing login. All send the same number of bytes.
struct Kind {
    name: &'static str,
    email: &'static str,
    password: &'static str,
}

const KINDS: [Kind; 3] = [
    Kind { name: "unknown user", email: "nobody00@example.com", password: PASSWORD },
    Kind {
        name: "wrong password",
        email: "somebody@example.com",
        password: "velvet otter under grass",
    },
    Kind { name: "disabled user", email: "disabled@example.com", password: PASSWORD },
];

/// Builds, measures, prints, and fails if two kinds can be distinguished.
pub(crate) fn timing(workspace: &Workspace, measurement: &Measurement) -> Result<()> {
    let program = match &measurement.binary {
        Some(program) => program.clone(),
        None => built(workspace)?,
    };
    let folder = workspace.target().join("timing");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("{} cannot be made", folder.display()))?;
    let server = Server::start(&program, &folder)?;
    let mut client = server.client()?;
    for kind in &KINDS[1..] {
        let answer = client.post("/api/auth/register", kind.email, PASSWORD)?;
        ensure!(answer == 201, "registering was answered with {answer}");
    }
    disable(&program, &folder, KINDS[2].email)?;
    let title = format!("Logging in {} times", 3 * measurement.samples);
    let milliseconds = report::step(&title, || measure(&mut client, measurement.samples))?;
    drop(server);
    let plain = print_statistics("all logins", &milliseconds);
    let limit = percentile(milliseconds.iter().flatten().copied(), UNDISTURBED_SHARE);
    let cut = milliseconds.map(|values| values.into_iter().filter(|it| *it <= limit).collect());
    let undisturbed = print_statistics("the fastest nine of ten, of all kinds together", &cut);
    if plain.max(undisturbed) < LEAK_THRESHOLD {
        report::say("\nThe three cannot be distinguished.");
        return Ok(());
    }
    report::say(&format!("\nThey can be distinguished: |t| is {LEAK_THRESHOLD} or more."));
    Err(Failed::reported("cargo xtask timing", 1).into())
}

fn built(workspace: &Workspace) -> Result<PathBuf> {
    let title = "Building the server with optimisations (10 minutes or more the first time)";
    report::step(title, || {
        let arguments = ["build", "-p", "backend", "--bin", "baton", "--release"];
        process::run(&mut process::cargo(workspace, &arguments)).context(tools::COMPILER_REMEDY)
    })?;
    Ok(workspace.program(true))
}

fn disable(program: &Path, folder: &Path, email: &str) -> Result<()> {
    let mut command = client::clean(program, folder);
    process::run(command.args(["users", "disable", email, "--database", client::DATABASE]))
}

/// Milliseconds by kind. The kinds alternate, in a changing order, so that other load affects all of them alike.
fn measure(client: &mut Client, samples: u32) -> Result<[Vec<f64>; 3]> {
    const ORDERS: [[usize; 3]; 6] =
        [[0, 1, 2], [2, 1, 0], [1, 2, 0], [0, 2, 1], [2, 0, 1], [1, 0, 2]];
    let mut milliseconds = [const { Vec::new() }; 3];
    // The first few warm the caches.
    for (round, order) in (0..samples + 20).zip(ORDERS.iter().cycle()) {
        for &which in order {
            let kind = &KINDS[which];
            let stopwatch = Stopwatch::start();
            let answer = client.post("/api/auth/login", kind.email, kind.password)?;
            let elapsed = stopwatch.elapsed().as_secs_f64() * 1_000.0;
            ensure!(answer == 401, "{} was answered with {answer}", kind.name);
            if round >= 20 {
                milliseconds[which].push(elapsed);
            }
        }
    }
    Ok(milliseconds)
}

/// Prints means and differences; returns the largest |t|.
fn print_statistics(title: &str, milliseconds: &[Vec<f64>; 3]) -> f64 {
    report::heading(title);
    let samples = milliseconds.each_ref().map(|values| Sample::of(values));
    for ((kind, sample), values) in KINDS.iter().zip(&samples).zip(milliseconds) {
        let (mean, deviation) = (sample.mean, sample.deviation());
        let (name, count) = (kind.name, values.len());
        report::say(&format!("{name:>15}  {count:>5}  {mean:8.3} ms ± {deviation:.3}"));
    }
    let mut largest = 0.0_f64;
    for (a, b) in [(0, 1), (0, 2), (1, 2)] {
        let t = samples[a].welch_t(&samples[b]);
        largest = largest.max(t.abs());
        report::say(&format!("{:>15}  against {}: t = {t:.2}", KINDS[a].name, KINDS[b].name));
    }
    largest
}
