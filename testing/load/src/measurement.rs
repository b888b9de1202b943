//! One measurement: a run of the generator, what it cost the servers, and the figures that follow.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::generator::{self, Group, Pace, Run, Window};
use crate::numbers::mebibytes;
use crate::results::{
    CPU, Figures, GENERATOR, LONGEST, P50, P99, P999, PEAK, PER_SECOND, RESIDENT,
};
use crate::server::Server;
use crate::traffic::Operation;

/// What was measured.
pub(crate) struct Measurement {
    run: Run,
    /// The servers' memory after it, in bytes.
    resident: u64,
    peak: u64,
    /// An open loop polls and uses its whole CPU: then this says nothing.
    is_closed: bool,
}

/// Sends the traffic of these groups to these servers, which are the only ones to be charged.
///
/// # Errors
/// As [`generator::run`].
pub(crate) fn measure(
    window: Window,
    servers: &[&Server],
    groups: &mut [Group<'_>],
) -> Result<Measurement> {
    let cpu = || servers.iter().map(|server| server.cpu_time()).sum::<Result<Duration>>();
    let run = generator::run(window, groups, &cpu)?;
    for tally in &run.tallies {
        ensure!(
            tally.sent == tally.answered,
            "{} requests, {} answers",
            tally.sent,
            tally.answered
        );
    }
    Ok(Measurement {
        run,
        resident: servers.iter().map(|server| server.resident()).sum::<Result<u64>>()?,
        peak: servers.iter().map(|server| server.peak()).sum::<Result<u64>>()?,
        is_closed: groups.iter().all(|group| matches!(group.pace, Pace::Closed)),
    })
}

impl Measurement {
    /// The group's answers a second.
    pub(crate) fn per_second(&self, group: usize) -> f64 {
        self.run.tallies[group].in_window as f64 / self.run.seconds.max(1e-9)
    }

    /// The group's answers, those outside of the window included.
    pub(crate) fn answered(&self, group: usize) -> u64 {
        self.run.tallies[group].answered
    }

    /// The group's rate and the latencies of this operation; CPU time and memory for all groups together.
    pub(crate) fn figures(&self, group: usize, operation: Operation) -> Figures {
        let mut figures = self.latencies(group, operation);
        let mut put = |name: &str, value| figures.insert(name.to_owned(), value);
        put(RESIDENT, mebibytes(self.resident));
        put(PEAK, mebibytes(self.peak));
        let answers: u64 = self.run.tallies.iter().map(|tally| tally.in_window).sum();
        if answers > 0 {
            put(CPU, self.run.cpu.as_secs_f64() * 1e6 / answers as f64);
        }
        if self.is_closed {
            put(GENERATOR, 100.0 * self.run.own_cpu.as_secs_f64() / self.run.seconds.max(1e-9));
        }
        figures
    }

    /// The group's rate and the latencies of this operation alone.
    pub(crate) fn latencies(&self, group: usize, operation: Operation) -> Figures {
        let mut figures = Figures::new();
        let mut put = |name: &str, value| figures.insert(name.to_owned(), value);
        put(PER_SECOND, self.per_second(group));
        let latencies = self.run.tallies[group].latencies.get(&operation);
        if let Some(latencies) = latencies.filter(|it| it.count() > 0) {
            put(P50, latencies.quantile(0.5));
            put(P99, latencies.quantile(0.99));
            put(P999, latencies.quantile(0.999));
            put(LONGEST, latencies.longest());
        }
        figures
    }
}
