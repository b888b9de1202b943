//! How much the database grows by refreshes: each writes its session's row (decision 42: it leaves no event).

use std::time::Duration;

use anyhow::Result;

use crate::bench::Bench;
use crate::database::{Database, Engine};
use crate::generator::{Group, Pace, Window};
use crate::measurement::measure;
use crate::numbers::mebibytes;
use crate::results::{BYTES_EACH, DATABASE, Point, REFRESHES};
use crate::target::Target;
use crate::traffic::{Pattern, Visits};

/// Far above what the refreshes take.
const ENOUGH_TIME: Duration = Duration::from_secs(6 * 3_600);

pub(super) fn growth(bench: &mut Bench, engine: Engine) -> Result<Vec<Point>> {
    grown(bench, engine, bench.scale.growth)
}

/// Ten million refreshes.
pub(super) fn long_growth(bench: &mut Bench, engine: Engine) -> Result<Vec<Point>> {
    grown(bench, engine, bench.scale.long_growth)
}

/// So many sessions, each refreshed so often.
fn grown(bench: &Bench, engine: Engine, (sessions, each): (usize, u64)) -> Result<Vec<Point>> {
    let mut target = Target::start(&bench.programs, engine, sessions)?;
    let before = target.while_stopped(Database::bytes)?;
    let connections = bench.scale.connections;
    let Target { server, sessions, .. } = &mut target;
    let refreshes = sessions.len() as u64 * each;
    let mut visits = Visits::new(sessions, connections, Pattern::REFRESHES).at_most(refreshes);
    let address = server.address();
    let group = Group { address, connections, pace: Pace::Closed, traffic: &mut visits };
    let window = Window { warm_up: Duration::ZERO, length: ENOUGH_TIME };
    let measured = measure(window, &[server], &mut [group])?;
    let mut figures = measured.figures(0, Pattern::REFRESHES.operation());
    let after = target.while_stopped(Database::bytes)?;
    let grown = after.saturating_sub(before) as f64;
    figures.insert(DATABASE.to_owned(), mebibytes(after));
    figures.insert(BYTES_EACH.to_owned(), grown / measured.answered(0).max(1) as f64);
    Ok(vec![Point::new("growth", engine.server(), (REFRESHES, refreshes as f64), figures)])
}
