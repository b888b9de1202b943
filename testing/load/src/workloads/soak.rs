//! Memory through an hour of mixed load. Every live session calls every 30 seconds, and refreshes every ten minutes, as
//! a page does that is left open; beside them guessed passwords and status lists.

use std::time::Duration;

use anyhow::Result;

use super::lists::Fetches;
use crate::bench::Bench;
use crate::database::Engine;
use crate::generator::{Group, Pace, Window};
use crate::measurement::measure;
use crate::report;
use crate::results::{CPU, MINUTES, Point, RESIDENT};
use crate::target::{Programs, Target};
use crate::traffic::{Logins, Operation, Pattern, Visits};

/// An access token lives 15 minutes, so 21 turns must take less, on a busy machine, too.
const SECONDS_BETWEEN_TURNS: f64 = 30.0;
/// Connections beside those of the sessions.
const BESIDE: usize = 2;
const GUESSES_PER_SECOND: f64 = 1.0;
const LISTS_PER_SECOND: f64 = 10.0;

/// A point at the end of each part of the hour.
pub(super) fn soak(bench: &mut Bench, engine: Engine) -> Result<Vec<Point>> {
    let (sessions, parts, length) = bench.scale.soak;
    let connections = bench.scale.connections;
    let programs = Programs { cpus: bench.programs.cpus.shared(), ..bench.programs.clone() };
    report::say(&format!("  logging in for {sessions} sessions"));
    let mut target = Target::start(&programs, engine, sessions)?;
    // The first tokens have expired by now.
    target.renew()?;
    let mut guesses = Logins::wrong(target.users());
    let mut fetches = Fetches::new(BESIDE, true);
    let Target { server, sessions, .. } = &mut target;
    let address = server.address();
    let per_second = sessions.len() as f64 / SECONDS_BETWEEN_TURNS;
    let mut visits = Visits::new(sessions, connections, Pattern::MIX);
    let window = Window { warm_up: Duration::ZERO, length };
    let mut points = Vec::new();
    for part in 1..=parts {
        let steady = |per_second| Pace::Steady { per_second };
        let mut groups = [
            Group { address, connections, pace: steady(per_second), traffic: &mut visits },
            Group {
                address,
                connections: BESIDE,
                pace: steady(GUESSES_PER_SECOND),
                traffic: &mut guesses,
            },
            Group {
                address,
                connections: BESIDE,
                pace: steady(LISTS_PER_SECOND),
                traffic: &mut fetches,
            },
        ];
        let measured = measure(window, &[&*server], &mut groups)?;
        let mut figures = measured.figures(0, Operation::Me);
        // Of all kinds of requests together: it is the cost of none.
        figures.remove(CPU);
        let minutes = f64::from(part) * length.as_secs_f64() / 60.0;
        let point = Point::new("soak", engine.server(), (MINUTES, minutes), figures);
        let resident = point.figure(RESIDENT).unwrap_or_default();
        report::say(&format!("  after {minutes:.0} minutes {resident:.1} MiB"));
        points.push(point);
    }
    Ok(points)
}
