//! The results of a run: points, each a workload at one load with its figures. They are stored as JSON, so that a
//! later version can be compared with this one.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::machine::Machine;
use crate::numbers::median;

/// The yardstick's workload and server.
pub(crate) const BARE: &str = "bare";
pub(crate) const BARE_SERVER: &str = "bare axum";
/// Kinds of load: a closed loop of so many connections, an open loop at so many percent of it (or at so many requests
/// a second), so many rows, and so on.
pub(crate) const CLOSED: &str = "closed";
pub(crate) const OPEN: &str = "open";
pub(crate) const ROWS_CALLED: &str = "me among rows";
pub(crate) const ROWS_REFRESHED: &str = "refresh among rows";
pub(crate) const CONNECTIONS: &str = "connections";
pub(crate) const REFRESHES: &str = "refreshes";
pub(crate) const INSTANCES: &str = "instances";
pub(crate) const LISTS: &str = "lists";
pub(crate) const MINUTES: &str = "minutes";

/// Names of figures. Answers a second.
pub(crate) const PER_SECOND: &str = "per_second";
/// Requests a second that were due.
pub(crate) const OFFERED: &str = "offered_per_second";
/// CPU time of the servers for each request, in microseconds.
pub(crate) const CPU: &str = "cpu_us";
/// Latencies, in microseconds.
pub(crate) const P50: &str = "p50_us";
pub(crate) const P99: &str = "p99_us";
pub(crate) const P999: &str = "p999_us";
pub(crate) const LONGEST: &str = "max_us";
/// Memory, in MiB: resident, and the most until now.
pub(crate) const RESIDENT: &str = "resident_mib";
pub(crate) const PEAK: &str = "peak_mib";
/// Bytes of each thing that is counted: a connection's memory, a refresh's part of the database, an answer.
pub(crate) const BYTES_EACH: &str = "bytes_each";
/// The database's size, in MiB.
pub(crate) const DATABASE: &str = "database_mib";
/// Answers with 503, of a thousand.
pub(crate) const SHED: &str = "shed_per_thousand";
/// The share of its CPU that the generator used, in percent.
pub(crate) const GENERATOR: &str = "generator_percent";

/// Figures by name.
pub(crate) type Figures = BTreeMap<String, f64>;

/// A workload at one load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Point {
    pub(crate) workload: String,
    pub(crate) server: String,
    /// What `at` counts: connections of a closed loop, percent of an open one, rows, …
    pub(crate) load: String,
    pub(crate) at: f64,
    pub(crate) figures: Figures,
}

/// All points of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Results {
    /// Of the workspace.
    pub(crate) version: String,
    pub(crate) machine: Machine,
    pub(crate) rounds: u32,
    pub(crate) seconds: f64,
    pub(crate) points: Vec<Point>,
}

impl Point {
    pub(crate) fn new(
        workload: &str,
        server: &str,
        (load, at): (&str, f64),
        figures: Figures,
    ) -> Self {
        let [workload, server, load] = [workload, server, load].map(str::to_owned);
        Self { workload, server, load, at, figures }
    }

    /// A figure, if it was measured.
    pub(crate) fn figure(&self, name: &str) -> Option<f64> {
        self.figures.get(name).copied()
    }

    /// Whether both measure the same.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.workload == other.workload
            && self.server == other.server
            && self.load == other.load
            && self.at == other.at
    }

    /// `me, Baton, SQLite, closed 32`.
    pub(crate) fn name(&self) -> String {
        format!("{}, {}, {} {}", self.workload, self.server, self.load, self.at)
    }
}

impl Results {
    /// The point of the yardstick in its closed loop.
    pub(crate) fn bare(&self) -> Option<&Point> {
        self.points.iter().find(|point| point.workload == BARE && point.load == CLOSED)
    }

    /// The points of a workload on a server, under one kind of load.
    pub(crate) fn of<'r>(
        &'r self,
        workload: &'r str,
        server: &'r str,
        load: &'r str,
    ) -> impl Iterator<Item = &'r Point> {
        self.points.iter().filter(move |point| {
            point.workload == workload && point.server == server && point.load == load
        })
    }

    /// Reads stored results.
    ///
    /// # Errors
    /// If they are of another version of this program.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        serde_json::from_str(text).context(
            "the stored results have another form than this version's: `cargo xtask bench \
             --store-release` replaces them",
        )
    }

    /// The form in which they are stored.
    pub(crate) fn encode(&self) -> Result<String> {
        Ok(format!("{}\n", serde_json::to_string_pretty(self)?))
    }
}

/// One point for all that measure the same: the median of each figure, to a tenth. In the order of the first.
pub(crate) fn medians(points: &[Point]) -> Vec<Point> {
    let mut found: Vec<Point> = Vec::new();
    for point in points {
        if found.iter().any(|it| it.is_like(point)) {
            continue;
        }
        let alike: Vec<&Point> = points.iter().filter(|it| it.is_like(point)).collect();
        let median = |name: &String| {
            let values = alike.iter().filter_map(|it| it.figure(name)).collect();
            (name.clone(), (median(values) * 10.0).round() / 10.0)
        };
        let figures = point.figures.keys().map(median).collect();
        found.push(Point { figures, ..point.clone() });
    }
    found
}

#[cfg(test)]
pub(crate) mod samples {
    use super::*;

    /// A point with these figures.
    pub(crate) fn point(
        workload: &str,
        server: &str,
        load: (&str, f64),
        figures: &[(&str, f64)],
    ) -> Point {
        let figures = figures.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
        Point::new(workload, server, load, figures)
    }

    /// Results with these points.
    pub(crate) fn results(points: Vec<Point>) -> Results {
        let machine = Machine {
            processor: "Abacus 9000".to_owned(),
            cpus: 2,
            memory_gib: 8,
            kernel: "6.12".to_owned(),
            is_pinned: true,
        };
        Results { version: "0.2.0".to_owned(), machine, rounds: 3, seconds: 5.0, points }
    }
}

#[cfg(test)]
mod tests {
    use super::samples::{point, results};
    use super::*;

    #[test]
    fn rounds_become_the_median_of_each_figure() {
        let round = |cpu, p99| point("me", "s", (CLOSED, 32.0), &[(CPU, cpu), (P99, p99)]);
        let other = point("me", "s", (OPEN, 50.0), &[(P99, 7.0)]);
        let points =
            [round(30.0, 1.0), other.clone(), round(10.0, 3.0), round(20.04, 2.0), other.clone()];
        assert_eq!(medians(&points), [round(20.0, 2.0), other]);
    }

    #[test]
    fn stored_results_are_read_again() {
        let stored = results(vec![point(BARE, BARE_SERVER, (CLOSED, 32.0), &[(CPU, 9.5)])]);
        let text = stored.encode().expect("JSON");
        assert_eq!(Results::parse(&text).expect("the same form"), stored);
        let error = Results::parse("{}").expect_err("another form");
        assert!(error.to_string().contains("--store-release"));
    }

    #[test]
    fn points_are_found_by_what_they_measure() {
        let results = results(vec![
            point(BARE, BARE_SERVER, (OPEN, 50.0), &[]),
            point(BARE, BARE_SERVER, (CLOSED, 32.0), &[(CPU, 9.5)]),
        ]);
        assert_eq!(results.bare().and_then(|bare| bare.figure(CPU)), Some(9.5));
        assert_eq!(results.of(BARE, BARE_SERVER, OPEN).count(), 1);
        assert_eq!(results.points[1].name(), "bare, bare axum, closed 32");
    }
}
