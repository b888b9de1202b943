//! A flood of calls, each with an access token that the server has not seen: no cache of verified tokens helps it.

use std::time::Duration;

use anyhow::Result;

use crate::bench::Bench;
use crate::database::Engine;
use crate::generator::{Group, Pace, Window};
use crate::http::Answer;
use crate::measurement::measure;
use crate::results::{CLOSED, OPEN, Point};
use crate::scale::Scale;
use crate::target::Target;
use crate::traffic::{Credentials, FirstCalls, Operation, Pattern, Traffic, Visits};

/// The refreshes beside it.
const BESIDE: usize = 8;
const BESIDE_PER_SECOND: f64 = 100.0;
/// Far above what collecting the tokens takes.
const ENOUGH_TIME: Duration = Duration::from_secs(600);

/// Two points: the calls, and the refreshes beside them.
pub(super) fn flood(bench: &mut Bench, engine: Engine) -> Result<Vec<Point>> {
    let scale = bench.scale.clone();
    let target = bench.steady(engine)?;
    let mut calls = FirstCalls::new(collect(&scale, target)?);
    let Target { server, sessions, .. } = target;
    let mut visits = Visits::new(sessions, BESIDE, Pattern::REFRESHES);
    let (address, pace) = (server.address(), Pace::Open { per_second: BESIDE_PER_SECOND });
    let connections = scale.connections;
    let mut groups = [
        Group { address, connections, pace: Pace::Closed, traffic: &mut calls },
        Group { address, connections: BESIDE, pace, traffic: &mut visits },
    ];
    // A short warm-up: the tokens are used up.
    let window = Window { warm_up: scale.window.warm_up / 10, ..scale.window };
    let measured = measure(window, &[server], &mut groups)?;
    let (load, beside) = ((CLOSED, connections as f64), (OPEN, BESIDE_PER_SECOND));
    Ok(vec![
        Point::new("flood", engine.server(), load, measured.figures(0, Operation::Me)),
        Point::new(
            "refresh in flood",
            engine.server(),
            beside,
            measured.latencies(1, Operation::Refresh),
        ),
    ])
}

/// Access tokens that no call has presented: those of so many refreshes.
fn collect(scale: &Scale, target: &mut Target) -> Result<Vec<Credentials>> {
    let wanted = scale.first_calls as f64 * scale.window.length.as_secs_f64();
    let connections = scale.connections;
    let Target { server, sessions, .. } = target;
    let visits = Visits::new(sessions, connections, Pattern::REFRESHES).at_most(wanted as u64);
    let mut collector = Collector { visits, tokens: Vec::new() };
    let address = server.address();
    let group = Group { address, connections, pace: Pace::Closed, traffic: &mut collector };
    let window = Window { warm_up: Duration::ZERO, length: ENOUGH_TIME };
    measure(window, &[server], &mut [group])?;
    Ok(collector.tokens)
}

struct Collector<'s> {
    visits: Visits<'s>,
    tokens: Vec<Credentials>,
}

impl Traffic for Collector<'_> {
    fn request(&mut self, connection: usize, out: &mut Vec<u8>) -> Option<Operation> {
        self.visits.request(connection, out)
    }

    fn answer(
        &mut self,
        operation: Operation,
        connection: usize,
        answer: &Answer<'_>,
    ) -> Result<()> {
        self.visits.answer(operation, connection, answer)?;
        self.tokens.push(self.visits.credentials(connection));
        Ok(())
    }
}
