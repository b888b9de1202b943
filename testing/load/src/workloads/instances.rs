//! What a second instance over the same database adds.

use anyhow::{Context as _, Result};

use super::calls::closed;
use crate::bench::Bench;
use crate::database::Engine;
use crate::generator::{Group, Pace};
use crate::measurement::measure;
use crate::report;
use crate::results::{INSTANCES, PER_SECOND, Point};
use crate::target::Target;
use crate::traffic::{Operation, Pattern, Visits};

pub(super) fn instances(bench: &mut Bench, engine: Engine) -> Result<Vec<Point>> {
    let scale = &bench.scale;
    if !bench.programs.cpus.has_two_for_servers() {
        report::say("  both instances share a CPU: their rate together is no more than one's");
    }
    let mut target = Target::start(&bench.programs, engine, scale.sessions)?;
    let mut points = Vec::new();
    let name = engine.server();
    for _ in 0..scale.rounds {
        let Target { server, sessions, .. } = &mut target;
        let measured = closed(scale, server, sessions, Pattern::REFRESHES)?;
        let figures = measured.figures(0, Operation::Refresh);
        points.push(Point::new("instances", name, (INSTANCES, 1.0), figures));
    }
    target.start_second()?;
    for _ in 0..scale.rounds {
        let Target { server, second, sessions, .. } = &mut target;
        let second = second.as_ref().context("it was started above")?;
        let (one, other) = sessions.split_at_mut(scale.sessions / 2);
        let connections = scale.connections / 2;
        let mut visits = [one, other].map(|it| Visits::new(it, connections, Pattern::REFRESHES));
        let [first_visits, second_visits] = &mut visits;
        let (first_address, second_address) = (server.address(), second.address());
        let pace = Pace::Closed;
        let mut groups = [
            Group { address: first_address, connections, pace, traffic: first_visits },
            Group { address: second_address, connections, pace, traffic: second_visits },
        ];
        let measured = measure(scale.window, &[server, second], &mut groups)?;
        let mut figures = measured.figures(0, Operation::Refresh);
        let together = measured.per_second(0) + measured.per_second(1);
        figures.insert(PER_SECOND.to_owned(), together);
        points.push(Point::new("instances", name, (INSTANCES, 2.0), figures));
    }
    Ok(points)
}
