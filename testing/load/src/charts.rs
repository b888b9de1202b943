//! The pictures of a run: which figures of which points make which chart.

use crate::chart::{Axis, Chart, Scale, Series};
use crate::database::Engine;
use crate::results::{
    BARE, BARE_SERVER, CONNECTIONS, CPU, OPEN, P50, P99, P999, RESIDENT, ROWS_CALLED,
    ROWS_REFRESHED, Results,
};

/// A picture of the document.
pub(crate) struct Picture {
    /// The file's name.
    pub(crate) file: &'static str,
    pub(crate) chart: Chart,
}

const SERVERS: [&str; 2] = [Engine::Sqlite.server(), Engine::Postgres.server()];

/// Every picture that has a line.
pub(crate) fn pictures(results: &Results) -> Vec<Picture> {
    let mut me = latencies(results, "me");
    me.extend(series(results, (BARE, BARE_SERVER, OPEN), (P99, 1_000.0), "p99"));
    let all = [
        Picture {
            file: "latency-refresh.svg",
            chart: by_load("Latency of refreshes by load", latencies(results, "refresh")),
        },
        Picture { file: "latency-me.svg", chart: by_load("Latency of GET /api/me by load", me) },
        Picture { file: "sessions.svg", chart: by_sessions(results) },
        Picture { file: "connections.svg", chart: by_connections(results) },
    ];
    all.into_iter().filter(|picture| !picture.chart.series.is_empty()).collect()
}

fn by_load(title: &str, series: Vec<Series>) -> Chart {
    Chart {
        title: title.to_owned(),
        x: Axis { label: "load, % of the highest rate", scale: Scale::Linear },
        y: Axis { label: "milliseconds", scale: Scale::Log },
        series,
    }
}

fn by_sessions(results: &Results) -> Chart {
    let lines = SERVERS.into_iter().flat_map(|server| {
        let line = |load, name| series(results, ("sessions", server, load), (CPU, 1.0), name);
        [line(ROWS_CALLED, "me"), line(ROWS_REFRESHED, "refresh")]
    });
    Chart {
        title: "CPU time of a request by sessions in the database".to_owned(),
        x: Axis { label: "sessions", scale: Scale::Log },
        y: Axis { label: "microseconds", scale: Scale::Log },
        series: lines.flatten().collect(),
    }
}

fn by_connections(results: &Results) -> Chart {
    let lines = [SERVERS[0], BARE_SERVER].into_iter().filter_map(|server| {
        series(results, ("connections", server, CONNECTIONS), (RESIDENT, 1.0), "memory")
    });
    Chart {
        title: "Memory by idle connections".to_owned(),
        x: Axis { label: "connections", scale: Scale::Log },
        y: Axis { label: "MiB", scale: Scale::Log },
        series: lines.collect(),
    }
}

/// The median, the 99th and, on SQLite, the 99.9th percentile in the open loops.
fn latencies(results: &Results, workload: &str) -> Vec<Series> {
    let line =
        |server, figure, name| series(results, (workload, server, OPEN), (figure, 1_000.0), name);
    let [sqlite, postgres] = SERVERS;
    let lines = [
        line(sqlite, P50, "p50"),
        line(sqlite, P99, "p99"),
        line(sqlite, P999, "p99.9"),
        line(postgres, P50, "p50"),
        line(postgres, P99, "p99"),
    ];
    lines.into_iter().flatten().collect()
}

/// One figure of a workload on a server by its load, divided by `unit`. [`None`] if it was not measured.
fn series(
    results: &Results,
    (workload, server, load): (&str, &str, &str),
    (figure, unit): (&str, f64),
    name: &str,
) -> Option<Series> {
    let points = results.of(workload, server, load);
    let points = points.filter_map(|it| Some((it.at, it.figure(figure)? / unit)));
    let points: Vec<(f64, f64)> = points.collect();
    (!points.is_empty()).then(|| Series { name: format!("{server}: {name}"), points })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::samples::{point, results};

    #[test]
    fn latencies_are_shown_in_milliseconds_by_load() {
        let open = |share, p99| point("refresh", SERVERS[0], (OPEN, share), &[(P99, p99)]);
        let results = results(vec![open(10.0, 800.0), open(90.0, 6_000.0)]);
        let pictures = pictures(&results);
        let [Picture { file: "latency-refresh.svg", chart }] = &pictures[..] else {
            panic!("one picture has a line")
        };
        let [line] = &chart.series[..] else { panic!("one figure was measured") };
        assert_eq!(line.name, "Baton, SQLite: p99");
        assert_eq!(line.points, [(10.0, 0.8), (90.0, 6.0)]);
    }

    #[test]
    fn the_yardstick_is_beside_baton() {
        let results = results(vec![
            point("me", SERVERS[0], (OPEN, 50.0), &[(P50, 500.0)]),
            point(BARE, BARE_SERVER, (OPEN, 50.0), &[(P99, 300.0)]),
            point("connections", BARE_SERVER, (CONNECTIONS, 1.0), &[(RESIDENT, 4.0)]),
            point("sessions", SERVERS[1], (ROWS_CALLED, 1_000.0), &[(CPU, 40.0)]),
        ]);
        let names: Vec<(&str, Vec<String>)> = pictures(&results)
            .into_iter()
            .map(|it| (it.file, it.chart.series.into_iter().map(|line| line.name).collect()))
            .collect();
        let names: Vec<(&str, String)> =
            names.into_iter().map(|(file, lines)| (file, lines.join("; "))).collect();
        assert_eq!(
            names,
            [
                ("latency-me.svg", "Baton, SQLite: p50; bare axum: p99".to_owned()),
                ("sessions.svg", "Baton, PostgreSQL: me".to_owned()),
                ("connections.svg", "bare axum: memory".to_owned()),
            ]
        );
    }
}
