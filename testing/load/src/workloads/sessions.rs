//! How calls and refreshes cost more, or not, as the table of sessions grows.

use anyhow::Result;

use super::calls::closed;
use crate::bench::Bench;
use crate::database::Engine;
use crate::fill;
use crate::report;
use crate::results::{Point, ROWS_CALLED, ROWS_REFRESHED};
use crate::target::Target;
use crate::traffic::Pattern;

pub(super) fn sessions(bench: &mut Bench, engine: Engine) -> Result<Vec<Point>> {
    let scale = &bench.scale;
    let mut target = Target::start(&bench.programs, engine, scale.sessions)?;
    let (mut points, mut filled) = (Vec::new(), 0);
    for &rows in scale.rows {
        report::say(&format!("  filling the database up to {rows} sessions"));
        target.while_stopped(|database| fill::sessions(database, filled, rows))?;
        filled = rows;
        for _ in 0..scale.rounds {
            target.renew()?;
            for (load, pattern) in
                [(ROWS_CALLED, Pattern::CALLS), (ROWS_REFRESHED, Pattern::REFRESHES)]
            {
                let Target { server, sessions, .. } = &mut target;
                let measured = closed(scale, server, sessions, pattern)?;
                let figures = measured.figures(0, pattern.operation());
                points.push(Point::new("sessions", engine.server(), (load, rows as f64), figures));
            }
        }
    }
    Ok(points)
}
