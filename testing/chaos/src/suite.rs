//! Runs the chosen scenarios one after the other, each in its own test environment.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use crate::arguments::{Arguments, Databases, Part};
use crate::checker;
use crate::cluster::Cluster;
use crate::database::{Database, Engine};
use crate::report::{self, Outcome};
use crate::rng::SeededRng;
use crate::scenarios::{Scenario, all, mostly_waits, present_name};
use crate::test_env::{Programs, TestEnv};
use crate::timing::Stopwatch;

/// The timeout of a round: far above what any takes.
const ROUND_TIMEOUT: Duration = Duration::from_secs(120);

/// Whether every scenario passed.
pub(crate) async fn run(arguments: &Arguments) -> Result<bool> {
    let chosen = chosen(arguments)?;
    if arguments.list {
        for (scenario, engine) in chosen {
            report::begins(scenario.name, engine, scenario.description);
        }
        return Ok(true);
    }
    let programs = Programs {
        binary: program(&arguments.binary, "cargo xtask build")?,
        failpoints: std::path::absolute(&arguments.failpoints)?,
        notes: std::path::absolute(&arguments.notes)?,
        envoy: envoy(&arguments.envoy)?,
    };
    let seed = arguments.seed.unwrap_or_else(|| u64::from(std::process::id()));
    report::say(&format!("seed {seed}: --seed {seed} repeats the suite's choices\n"));
    let mut cluster = None;
    let mut outcomes = Vec::new();
    for (number, (scenario, engine)) in (0..).zip(chosen) {
        let folder = TempDir::with_prefix("baton-chaos-")?;
        let database = match engine {
            Engine::Sqlite => Database::Sqlite { file: folder.path().join("baton.db") },
            Engine::Postgres => {
                if cluster.is_none() {
                    cluster = Some(Arc::new(Cluster::start()?));
                }
                let cluster = Arc::clone(cluster.as_ref().expect("it was started above"));
                let name = format!("chaos_{number}");
                cluster.replace(&name, "template1").await?;
                Database::Postgres { cluster, name }
            }
        };
        let rounds = rounds(arguments, scenario);
        let rng = SeededRng::new(seed.wrapping_add(number));
        let mut env = TestEnv::new(programs.clone(), engine, database, rounds, rng, folder)?;
        env.measures = !arguments.smoke;
        outcomes.push(run_scenario(scenario, env, arguments.keep).await?);
    }
    report::table(&outcomes);
    Ok(report::failed(&outcomes) == 0)
}

/// Every chosen pair of a scenario and an engine.
fn chosen(arguments: &Arguments) -> Result<Vec<(&'static Scenario, Engine)>> {
    let wanted = |engine| match arguments.database {
        Databases::All => true,
        Databases::Sqlite => engine == Engine::Sqlite,
        Databases::Postgres => engine == Engine::Postgres,
    };
    let wanted_names: Vec<&str> =
        arguments.scenario.iter().map(|name| present_name(name)).collect();
    // A scenario's full name selects that scenario alone, not those that contain it.
    let is_whole = |wanted: &str| all().any(|scenario| scenario.name == wanted);
    let matches = |wanted: &str, name: &str| {
        if is_whole(wanted) { name == wanted } else { name.contains(wanted) }
    };
    let named = |name: &str| {
        wanted_names.is_empty() || wanted_names.iter().any(|wanted| matches(wanted, name))
    };
    let is_in_the_part = |name| match arguments.part {
        Part::All => true,
        Part::Waiting => mostly_waits(name),
        Part::Working => !mostly_waits(name),
    };
    let pairs = [Engine::Sqlite, Engine::Postgres].into_iter().filter(|engine| wanted(*engine));
    let pairs = pairs.flat_map(|engine| all().map(move |scenario| (scenario, engine)));
    let chosen: Vec<_> = pairs
        .filter(|(scenario, engine)| named(scenario.name) && scenario.engines.contains(engine))
        .filter(|(scenario, _)| rounds(arguments, scenario) > 0)
        .filter(|(scenario, _)| is_in_the_part(scenario.name))
        .collect();
    // In a smoke run beside other tests, a filter may name only those.
    if chosen.is_empty() && !arguments.smoke {
        bail!("no scenario has this name on this database; --list names them");
    }
    Ok(chosen)
}

fn rounds(arguments: &Arguments, scenario: &Scenario) -> u64 {
    match arguments.rounds {
        Some(rounds) => rounds,
        None if arguments.smoke => scenario.smoke_rounds,
        None => scenario.full_rounds,
    }
}

async fn run_scenario(scenario: &'static Scenario, env: TestEnv, keep: bool) -> Result<Outcome> {
    report::begins(scenario.name, env.engine, scenario.description);
    let stopwatch = Stopwatch::start();
    let env = Arc::new(env);
    let bound = ROUND_TIMEOUT * u32::try_from(env.rounds.max(1)).unwrap_or(u32::MAX);
    // A task of its own: a panic fails this scenario alone, and drops its processes.
    let running = tokio::spawn(tokio::time::timeout(bound, (scenario.run)(Arc::clone(&env))));
    let verdict = Abort(running).joined().await;
    if let Err(error) = verdict {
        env.violation(format!("{error:#}"));
    }
    checker::no_panics(&env)?;
    let answered_again = env.log_lines(r#"event="answered_again""#)?.len();
    let outcome = Outcome {
        scenario: scenario.name,
        engine: env.engine,
        rounds: env.rounds,
        refreshes: env.counters.refreshes.load(Ordering::Relaxed),
        answered_again: u64::try_from(answered_again)?,
        transient: env.counters.transient.load(Ordering::Relaxed),
        violations: env.violations(),
        remarks: env.remarks(),
        seconds: stopwatch.seconds(),
    };
    report::ends(&outcome);
    env.database.discard().await?;
    if keep
        && !outcome.violations.is_empty()
        && let Some(env) = Arc::into_inner(env)
    {
        report::say(&format!("  kept {}", env.keep().display()));
    }
    Ok(outcome)
}

/// A task that is aborted when its handle is dropped.
struct Abort(tokio::task::JoinHandle<Result<Result<()>, tokio::time::error::Elapsed>>);

impl Abort {
    async fn joined(mut self) -> Result<()> {
        match (&mut self.0).await {
            Ok(Ok(verdict)) => verdict,
            Ok(Err(_)) => bail!("the scenario did not end in time"),
            Err(error) => bail!("the scenario could not be run: {error}"),
        }
    }
}

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A bare name is found on `PATH`; a path is relative to the working directory.
fn envoy(path: &Path) -> Result<PathBuf> {
    if path.components().count() == 1 {
        Ok(path.to_path_buf())
    } else {
        Ok(std::path::absolute(path)?)
    }
}

fn program(path: &Path, remedy: &str) -> Result<PathBuf> {
    std::fs::canonicalize(path)
        .with_context(|| format!("{} is not there: `{remedy}` makes it", path.display()))
}
