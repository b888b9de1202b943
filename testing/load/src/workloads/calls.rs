//! Calls and refreshes: the highest rate in a closed loop, then latencies at shares of it in an open loop.

use anyhow::Result;

use crate::bench::Bench;
use crate::database::Engine;
use crate::generator::{Group, Pace};
use crate::measurement::{Measurement, measure};
use crate::results::{BARE, BARE_SERVER, CLOSED, OFFERED, OPEN, Point};
use crate::scale::Scale;
use crate::server::Server;
use crate::session::Session;
use crate::target::Target;
use crate::traffic::{Operation, Pattern, Visits};

/// The yardstick answers the calls of real sessions: what it parses is as long as what Baton parses.
pub(super) fn bare(bench: &mut Bench, engine: Engine) -> Result<Vec<Point>> {
    bench.steady(engine)?.renew()?;
    let Bench { scale, bare, steady, .. } = bench;
    let Some(Target { sessions, .. }) = steady.first_mut() else { return Ok(Vec::new()) };
    closed_and_open(scale, (BARE, BARE_SERVER), bare, sessions, Pattern::CALLS)
}

pub(super) fn me(bench: &mut Bench, engine: Engine) -> Result<Vec<Point>> {
    on_baton(bench, engine, "me", Pattern::CALLS)
}

pub(super) fn refresh(bench: &mut Bench, engine: Engine) -> Result<Vec<Point>> {
    on_baton(bench, engine, "refresh", Pattern::REFRESHES)
}

/// In a closed loop alone. Two points: the calls, and the refreshes among them.
pub(super) fn mix(bench: &mut Bench, engine: Engine) -> Result<Vec<Point>> {
    let scale = bench.scale.clone();
    let target = bench.steady(engine)?;
    target.renew()?;
    let Target { server, sessions, .. } = target;
    let measured = closed(&scale, server, sessions, Pattern::MIX)?;
    let load = (CLOSED, scale.connections as f64);
    Ok(vec![
        Point::new("mix", engine.server(), load, measured.figures(0, Operation::Me)),
        Point::new(
            "refresh in mix",
            engine.server(),
            load,
            measured.latencies(0, Operation::Refresh),
        ),
    ])
}

fn on_baton(bench: &mut Bench, engine: Engine, name: &str, pattern: Pattern) -> Result<Vec<Point>> {
    let scale = bench.scale.clone();
    let target = bench.steady(engine)?;
    target.renew()?;
    let Target { server, sessions, .. } = target;
    closed_and_open(&scale, (name, engine.server()), server, sessions, pattern)
}

/// The closed loop of all connections.
pub(super) fn closed(
    scale: &Scale,
    server: &Server,
    sessions: &mut [Session],
    pattern: Pattern,
) -> Result<Measurement> {
    at_pace(scale, server, sessions, pattern, Pace::Closed)
}

fn at_pace(
    scale: &Scale,
    server: &Server,
    sessions: &mut [Session],
    pattern: Pattern,
    pace: Pace,
) -> Result<Measurement> {
    let connections = scale.connections;
    let mut visits = Visits::new(sessions, connections, pattern);
    let address = server.address();
    let group = Group { address, connections, pace, traffic: &mut visits };
    measure(scale.window, &[server], &mut [group])
}

fn closed_and_open(
    scale: &Scale,
    (name, server_name): (&str, &str),
    server: &Server,
    sessions: &mut [Session],
    pattern: Pattern,
) -> Result<Vec<Point>> {
    let operation = pattern.operation();
    let measured = closed(scale, server, sessions, pattern)?;
    let highest = measured.per_second(0);
    let load = (CLOSED, scale.connections as f64);
    let mut points = vec![Point::new(name, server_name, load, measured.figures(0, operation))];
    for &share in scale.shares {
        // A debug build on a busy machine may answer none within the window.
        let per_second = (highest * f64::from(share) / 100.0).max(1.0);
        let pace = Pace::Open { per_second };
        let measured = at_pace(scale, server, sessions, pattern, pace)?;
        let mut figures = measured.figures(0, operation);
        figures.insert(OFFERED.to_owned(), per_second);
        points.push(Point::new(name, server_name, (OPEN, f64::from(share)), figures));
    }
    Ok(points)
}
