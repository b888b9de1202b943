//! The tables of a run, made from its points: cost, latency, and how both grow.

use crate::database::Engine;
use crate::numbers::{or_dash, short};
use crate::results::{
    BARE_SERVER, BYTES_EACH, CLOSED, CONNECTIONS, CPU, DATABASE, Figures, GENERATOR, INSTANCES,
    LISTS, LONGEST, MINUTES, OPEN, P50, P99, P999, PEAK, PER_SECOND, Point, REFRESHES, RESIDENT,
    ROWS_CALLED, ROWS_REFRESHED, Results, SHED,
};
use crate::table::Table;

/// The load whose latencies are shown in the table, in percent; the others are in the pictures.
const SHOWN_SHARE: f64 = 50.0;
/// Above this share of its CPU, in percent, the generator may be what limits a closed loop.
const BUSY: f64 = 90.0;

/// A table with its title.
pub(crate) struct Titled {
    pub(crate) title: &'static str,
    pub(crate) table: Table,
}

/// Every table that has rows.
pub(crate) fn tables(results: &Results) -> Vec<Titled> {
    let all = [
        Titled { title: "Cost", table: cost(results) },
        Titled { title: "Latency", table: latency(results) },
        Titled { title: "Sessions", table: sessions(results) },
        Titled { title: "Connections", table: connections(results) },
        Titled { title: "Database", table: database(results) },
        Titled { title: "Instances", table: instances(results) },
        Titled { title: "Status lists", table: lists(results) },
        Titled { title: "An hour of mixed load", table: soak(results) },
    ];
    all.into_iter().filter(|titled| !titled.table.is_empty()).collect()
}

/// One line on a point, printed as soon as it is measured.
pub(crate) fn line(point: &Point) -> String {
    let milliseconds = |name| point.figure(name).map(|it| short(it / 1_000.0));
    let parts = [
        (point.figure(PER_SECOND).map(short), "a second"),
        (point.figure(CPU).map(short), "µs of CPU"),
        (milliseconds(P50), "ms p50"),
        (milliseconds(P99), "ms p99"),
        (milliseconds(LONGEST), "ms at most"),
        (point.figure(RESIDENT).map(short), "MiB"),
        (point.figure(BYTES_EACH).map(short), "bytes each"),
        (point.figure(SHED).filter(|it| *it > 0.0).map(short), "of 1,000 shed"),
    ];
    let known = parts.into_iter().filter_map(|(value, unit)| Some(format!("{} {unit}", value?)));
    let busy = point.figure(GENERATOR).is_some_and(|it| it > BUSY);
    let remark =
        if busy { "; the generator's CPU was busy: the rate may be its limit" } else { "" };
    format!("  {}: {}{remark}", point.name(), known.collect::<Vec<_>>().join(", "))
}

/// Closed loops: the highest rate, and what a request costs.
fn cost(results: &Results) -> Table {
    let bare = results.bare().and_then(|bare| bare.figure(CPU));
    let mut table = Table::new(&["workload", "requests/s", "CPU, µs", "× bare axum", "MiB"]);
    for point in results.points.iter().filter(|point| point.load == CLOSED) {
        // Of those without a cost of their own, the latencies are in the next table.
        let Some(cpu) = point.figure(CPU) else { continue };
        table.push([
            format!("{}, {}", point.workload, point.server),
            or_dash(point.figure(PER_SECOND)),
            short(cpu),
            or_dash(bare.map(|bare| cpu / bare)),
            or_dash(point.figure(RESIDENT)),
        ]);
    }
    table
}

/// Open loops at half of the highest rate, and what is measured beside another load.
fn latency(results: &Results) -> Table {
    let head = ["workload", "requests/s", "p50, ms", "p99, ms", "p99.9, ms", "longest, ms"];
    let mut table = Table::new(&head);
    let is_shown = |point: &&Point| match point.load.as_str() {
        OPEN => point.at == SHOWN_SHARE || !point.figures.contains_key(CPU),
        CLOSED => !point.figures.contains_key(CPU),
        _ => false,
    };
    for point in results.points.iter().filter(is_shown) {
        let milliseconds = |name| or_dash(point.figure(name).map(|it| it / 1_000.0));
        table.push([
            format!("{}, {}", point.workload, point.server),
            or_dash(point.figure(PER_SECOND)),
            milliseconds(P50),
            milliseconds(P99),
            milliseconds(P999),
            milliseconds(LONGEST),
        ]);
    }
    table
}

fn sessions(results: &Results) -> Table {
    let head = ["sessions", "`me`: CPU, µs", "p99, ms", "refresh: CPU, µs", "p99, ms"];
    let mut table = Table::new(&head);
    for server in [Engine::Sqlite, Engine::Postgres].map(Engine::server) {
        let refreshed = results.of("sessions", server, ROWS_REFRESHED);
        for (called, refreshed) in results.of("sessions", server, ROWS_CALLED).zip(refreshed) {
            let cpu = |point: &Point| or_dash(point.figure(CPU));
            let p99 = |point: &Point| or_dash(point.figure(P99).map(|it| it / 1_000.0));
            table.push([
                format!("{}, {server}", short(called.at)),
                cpu(called),
                p99(called),
                cpu(refreshed),
                p99(refreshed),
            ]);
        }
    }
    table
}

fn connections(results: &Results) -> Table {
    let mut table = Table::new(&["idle connections", "MiB", "KiB each"]);
    for server in [BARE_SERVER, Engine::Sqlite.server()] {
        for point in results.of("connections", server, CONNECTIONS) {
            table.push([
                format!("{}, {server}", short(point.at)),
                or_dash(point.figure(RESIDENT)),
                or_dash(point.figure(BYTES_EACH).map(|it| it / 1_024.0)),
            ]);
        }
    }
    table
}

fn database(results: &Results) -> Table {
    let head = ["refreshes", "database, MiB", "bytes each", "memory at most, MiB"];
    let mut table = Table::new(&head);
    let points = results.points.iter();
    for point in points.filter(|it| it.load == REFRESHES) {
        table.push([
            format!("{}, {}", short(point.at), point.server),
            or_dash(point.figure(DATABASE)),
            or_dash(point.figure(BYTES_EACH)),
            or_dash(point.figure(PEAK)),
        ]);
    }
    table
}

fn instances(results: &Results) -> Table {
    let mut table = Table::new(&["instances", "refreshes/s", "CPU, µs", "p99, ms"]);
    for point in results.points.iter().filter(|point| point.load == INSTANCES) {
        table.push([
            format!("{}, {}", point.at, point.server),
            or_dash(point.figure(PER_SECOND)),
            or_dash(point.figure(CPU)),
            or_dash(point.figure(P99).map(|it| it / 1_000.0)),
        ]);
    }
    table
}

fn lists(results: &Results) -> Table {
    let mut table = Table::new(&["status lists", "requests/s", "CPU, µs", "bytes each"]);
    for point in results.points.iter().filter(|point| point.load == LISTS) {
        table.push([
            format!("{}, {}", point.workload, point.server),
            or_dash(point.figure(PER_SECOND)),
            or_dash(point.figure(CPU)),
            or_dash(point.figure(BYTES_EACH)),
        ]);
    }
    table
}

fn soak(results: &Results) -> Table {
    let mut table = Table::new(&["minutes", "requests/s", "MiB", "MiB at most"]);
    for point in results.points.iter().filter(|point| point.load == MINUTES) {
        table.push([
            format!("{}, {}", point.at, point.server),
            or_dash(point.figure(PER_SECOND)),
            or_dash(point.figure(RESIDENT)),
            or_dash(point.figure(PEAK)),
        ]);
    }
    table
}

/// What both versions measured, as quotients: now by then.
pub(crate) fn changes(now: &Results, then: &Results) -> Table {
    let head =
        ["now / then", "CPU", "CPU, × bare", "requests/s, × bare", "p99", "MiB", "bytes each"];
    let mut table = Table::new(&head);
    let is_shown = |point: &&Point| point.load != OPEN || point.at == SHOWN_SHARE;
    for point in now.points.iter().filter(is_shown) {
        let Some(before) = then.points.iter().find(|it| it.is_like(point)) else { continue };
        let quotient = |name: &str| ratio(&point.figures, &before.figures, name);
        let bare = |name: &str| ratio(&now.bare()?.figures, &then.bare()?.figures, name);
        let by_bare = |name: &str| Some(quotient(name)? / bare(name)?);
        table.push([
            point.name(),
            or_dash(quotient(CPU)),
            or_dash(by_bare(CPU)),
            or_dash(by_bare(PER_SECOND)),
            or_dash(quotient(P99)),
            or_dash(quotient(RESIDENT)),
            or_dash(quotient(BYTES_EACH)),
        ]);
    }
    table
}

fn ratio(now: &Figures, then: &Figures, name: &str) -> Option<f64> {
    let then = then.get(name).copied().filter(|it| *it > 0.0)?;
    Some(now.get(name)? / then)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::BARE;
    use crate::results::samples::{point, results};

    const SQLITE: &str = Engine::Sqlite.server();

    fn closed(workload: &str, server: &str, cpu: f64, per_second: f64) -> Point {
        point(workload, server, (CLOSED, 32.0), &[(CPU, cpu), (PER_SECOND, per_second)])
    }

    #[test]
    fn cost_is_shown_in_units_of_the_yardstick_too() {
        let points = vec![
            closed(BARE, BARE_SERVER, 10.0, 90_000.0),
            closed("me", SQLITE, 45.0, 20_000.0),
            point("refresh in mix", SQLITE, (CLOSED, 32.0), &[(P99, 2_500.0)]),
            point("me", SQLITE, (OPEN, 50.0), &[(CPU, 45.0), (P99, 1_500.0)]),
            point("me", SQLITE, (OPEN, 90.0), &[(CPU, 45.0), (P99, 9_500.0)]),
        ];
        let results = results(points);
        let text = cost(&results).markdown();
        assert!(text.ends_with("| me, Baton, SQLite | 20,000 | 45.0 | 4.50 | - |\n"), "{text}");
        let text = latency(&results).markdown();
        assert!(
            text.contains("| refresh in mix, Baton, SQLite | - | - | 2.50 | - | - |\n"),
            "{text}"
        );
        assert!(text.ends_with("| me, Baton, SQLite | - | - | 1.50 | - | - |\n"), "{text}");
        assert_eq!(tables(&results).len(), 2);
    }

    #[test]
    fn what_grows_is_shown_by_size() {
        let results = results(vec![
            point("sessions", SQLITE, (ROWS_CALLED, 1_000.0), &[(CPU, 40.0), (P99, 900.0)]),
            point("sessions", SQLITE, (ROWS_REFRESHED, 1_000.0), &[(CPU, 300.0)]),
            point(
                "connections",
                SQLITE,
                (CONNECTIONS, 100.0),
                &[(RESIDENT, 30.0), (BYTES_EACH, 5_120.0)],
            ),
            point("growth", SQLITE, (REFRESHES, 50_000.0), &[(BYTES_EACH, 230.0)]),
            point("instances", "s", (INSTANCES, 2.0), &[(PER_SECOND, 5_000.0)]),
            point("status-lists", SQLITE, (LISTS, 128.0), &[(BYTES_EACH, 1_200.0)]),
        ]);
        let rows: Vec<String> = tables(&results)
            .iter()
            .filter_map(|titled| titled.table.markdown().lines().last().map(str::to_owned))
            .collect();
        assert_eq!(
            rows,
            [
                "| 1,000, Baton, SQLite | 40.0 | 0.90 | 300 | - |",
                "| 100, Baton, SQLite | 30.0 | 5.00 |",
                "| 50,000, Baton, SQLite | - | 230 | - |",
                "| 2, s | 5,000 | - | - |",
                "| status-lists, Baton, SQLite | - | - | 1,200 |",
            ]
        );
    }

    #[test]
    fn the_yardstick_separates_a_change_from_a_faster_machine() {
        let then = results(vec![
            closed(BARE, BARE_SERVER, 20.0, 50_000.0),
            closed("me", SQLITE, 80.0, 10_000.0),
        ]);
        // Twice as fast a machine: `me` costs as much of it as before.
        let now = results(vec![
            closed(BARE, BARE_SERVER, 10.0, 100_000.0),
            closed("me", SQLITE, 40.0, 20_000.0),
            closed("new", SQLITE, 1.0, 1.0),
        ]);
        let text = changes(&now, &then).markdown();
        let last = text.lines().last().expect("a row");
        assert_eq!(last, "| me, Baton, SQLite, closed 32 | 0.50 | 1.00 | 1.00 | - | - | - |");
        assert!(!text.contains("new"));
    }

    #[test]
    fn a_line_says_what_was_measured_and_if_the_generator_was_the_limit() {
        let figures = [(PER_SECOND, 20_000.0), (P99, 1_500.0), (GENERATOR, 95.0), (SHED, 0.0)];
        let text = line(&point("me", SQLITE, (CLOSED, 32.0), &figures));
        let start =
            "  me, Baton, SQLite, closed 32: 20,000 a second, 1.50 ms p99; the generator's CPU";
        assert!(text.starts_with(start), "{text}");
    }
}
