//! `simulate`: runs seeds on every core and reports their coverage, or the trace of the first violated invariant.
//! `cargo xtask simulate` builds and starts it.
#![forbid(unsafe_code)]

use std::io::{self, Write};
use std::num::NonZero;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use simulator::coverage::Counts;
use simulator::{Run, Simulator};

const USAGE: &str = "usage: simulate --seeds N [--from SEED] | --seed SEED";
/// How much of a long trace is printed.
const LAST_EVENTS: usize = 40;
/// A run of so many seeds must have full coverage.
const ENOUGH_SEEDS: u64 = 1_000;

enum Order {
    Many { from: u64, seeds: u64 },
    One { seed: u64 },
}

fn main() -> ExitCode {
    let Some(order) = read(std::env::args().skip(1)) else {
        let _ = writeln!(io::stderr(), "{USAGE}");
        return ExitCode::from(2);
    };
    let kept = match order {
        Order::One { seed } => one(seed),
        Order::Many { from, seeds } => many(from, seeds),
    };
    match kept {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn read(arguments: impl Iterator<Item = String>) -> Option<Order> {
    let arguments: Vec<String> = arguments.collect();
    let (mut from, mut seeds, mut seed) = (0, None, None);
    for pair in arguments.chunks(2) {
        let [name, value] = pair else { return None };
        let value: u64 = value.parse().ok()?;
        match name.as_str() {
            "--from" => from = value,
            "--seeds" => seeds = Some(value),
            "--seed" => seed = Some(value),
            _ => return None,
        }
    }
    match (seeds, seed) {
        (Some(seeds), None) => Some(Order::Many { from, seeds }),
        (None, Some(seed)) => Some(Order::One { seed }),
        _ => None,
    }
}

/// Runs one seed and prints its trace. Whether every invariant held.
fn one(seed: u64) -> io::Result<bool> {
    let run = Simulator::new().run_traced(seed);
    let mut out = io::stdout().lock();
    for line in &run.trace {
        writeln!(out, "{line}")?;
    }
    verdict(&mut out, seed, &run)
}

fn verdict(out: &mut impl Write, seed: u64, run: &Run) -> io::Result<bool> {
    let Some(violation) = &run.violation else {
        writeln!(out, "seed {seed}: {} events, every promise kept", run.events)?;
        return Ok(true);
    };
    let (promise, event) = (violation.invariant, violation.event);
    writeln!(out, "seed {seed}: broken at event {event}: {promise} ({})", violation.detail)?;
    writeln!(out, "again: cargo xtask simulate --seed {seed}")?;
    Ok(false)
}

/// Runs many seeds. Whether every invariant held, with full coverage.
fn many(from: u64, seeds: u64) -> io::Result<bool> {
    let simulator = Simulator::new();
    let next = AtomicU64::new(from);
    let all = Mutex::new((0_u64, Counts::default(), None::<u64>));
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= from.saturating_add(seeds) {
                        return;
                    }
                    let run = simulator.run(seed);
                    let mut all = all.lock();
                    all.0 += u64::from(run.events);
                    all.1.absorb(&run.counts);
                    if run.violation.is_some() {
                        all.2 = Some(all.2.map_or(seed, |first| first.min(seed)));
                        next.store(u64::MAX / 2, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let (events, counts, broken) = all.into_inner();
    let mut out = io::stdout().lock();
    if let Some(seed) = broken {
        let run = simulator.run_traced(seed);
        let skipped = run.trace.len().saturating_sub(LAST_EVENTS);
        for line in &run.trace[skipped..] {
            writeln!(out, "{line}")?;
        }
        return verdict(&mut out, seed, &run);
    }
    for (name, count) in counts.iter() {
        writeln!(out, "{count:>12}  {name}")?;
    }
    let missing = counts.missing();
    writeln!(out, "{seeds} seeds, {events} events; never seen: {missing:?}")?;
    Ok(missing.is_empty() || seeds < ENOUGH_SEEDS)
}
