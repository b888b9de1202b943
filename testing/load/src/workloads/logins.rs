//! Logins: how many a second, and what a flood of wrong ones costs the sessions that exist.

use anyhow::Result;

use crate::bench::Bench;
use crate::database::Engine;
use crate::generator::{Group, Pace};
use crate::measurement::measure;
use crate::results::{CLOSED, CPU, OPEN, Point, SHED};
use crate::target::Target;
use crate::traffic::{Logins, Operation, Pattern, Visits};

/// Connections that log in: each login occupies a CPU.
const LOGINS: usize = 4;
/// Connections that guess passwords.
const GUESSES: usize = 16;
/// The refreshes beside them.
const BESIDE: usize = 8;
const BESIDE_PER_SECOND: f64 = 50.0;

pub(super) fn login(bench: &mut Bench, engine: Engine) -> Result<Vec<Point>> {
    let window = bench.scale.window;
    let target = bench.steady(engine)?;
    let mut logins = Logins::right(target.users());
    let address = target.server.address();
    let group = Group { address, connections: LOGINS, pace: Pace::Closed, traffic: &mut logins };
    let measured = measure(window, &[&target.server], &mut [group])?;
    let figures = measured.figures(0, Operation::Login);
    Ok(vec![Point::new("login", engine.server(), (CLOSED, LOGINS as f64), figures)])
}

/// Two points: the guesses, and the refreshes beside them.
pub(super) fn flood(bench: &mut Bench, engine: Engine) -> Result<Vec<Point>> {
    let window = bench.scale.window;
    let target = bench.steady(engine)?;
    let mut guesses = Logins::wrong(target.users());
    let Target { server, sessions, .. } = target;
    let mut visits = Visits::new(sessions, BESIDE, Pattern::REFRESHES);
    let (address, pace) = (server.address(), Pace::Open { per_second: BESIDE_PER_SECOND });
    let mut groups = [
        Group { address, connections: GUESSES, pace: Pace::Closed, traffic: &mut guesses },
        Group { address, connections: BESIDE, pace, traffic: &mut visits },
    ];
    let measured = measure(window, &[server], &mut groups)?;
    let mut figures = measured.figures(0, Operation::Guess);
    // Of guesses and refreshes together: it is the cost of neither.
    figures.remove(CPU);
    let shed = guesses.shed as f64 * 1_000.0 / measured.answered(0).max(1) as f64;
    figures.insert(SHED.to_owned(), shed);
    let beside = measured.latencies(1, Operation::Refresh);
    Ok(vec![
        Point::new("login-flood", engine.server(), (CLOSED, GUESSES as f64), figures),
        Point::new("refresh in login-flood", engine.server(), (OPEN, BESIDE_PER_SECOND), beside),
    ])
}
