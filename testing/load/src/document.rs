//! `docs/performance.md`, written whole: every figure in it was measured by the run that writes it.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::chart;
use crate::charts::{self, Picture};
use crate::results::{PER_SECOND, Results};
use crate::summary;
use crate::workloads;

/// The folder of the pictures, beside the document.
const FOLDER: &str = "performance";

/// Writes the document and its pictures into this folder.
pub(crate) fn write(folder: &Path, results: &Results, last: Option<&Results>) -> Result<()> {
    let pictures = charts::pictures(results);
    let beside = folder.join(FOLDER);
    let cannot = || format!("{} cannot be written to", folder.display());
    std::fs::create_dir_all(&beside).with_context(cannot)?;
    for Picture { file, chart } in &pictures {
        std::fs::write(beside.join(file), chart::svg(chart)).with_context(cannot)?;
    }
    let text = text(results, &pictures, last);
    std::fs::write(folder.join("performance.md"), text).with_context(cannot)
}

fn text(results: &Results, pictures: &[Picture], last: Option<&Results>) -> String {
    let mut text = format!("# Performance\n\n{}\n\n{}\n", introduction(results), how(results));
    for titled in summary::tables(results) {
        // Writing to a string does not fail.
        let _ = write!(text, "\n## {}\n\n{}", titled.title, titled.table.markdown());
        for Picture { file, chart } in pictures.iter().filter(|it| belongs(it.file, titled.title)) {
            let _ = write!(text, "\n![{}]({FOLDER}/{file})\n", chart.title);
        }
    }
    if let Some(last) = last {
        let changes = summary::changes(results, last);
        if !changes.is_empty() {
            let _ = write!(
                text,
                "\n## Against {}\n\nQuotients: these figures by those of {}. Those in units of bare axum compare \
                 across machines.\n\n{}",
                last.version,
                last.version,
                changes.markdown()
            );
        }
    }
    text
}

/// The table that a picture stands below.
fn belongs(file: &str, title: &str) -> bool {
    match title {
        "Latency" => file.starts_with("latency-"),
        "Sessions" => file == "sessions.svg",
        "Connections" => file == "connections.svg",
        _ => false,
    }
}

fn introduction(results: &Results) -> String {
    let machine = &results.machine;
    let place = if machine.is_pinned {
        "each server on one CPU, the generator on another"
    } else {
        "servers and generator share the CPUs, so the figures are rough"
    };
    format!(
        "Written by `cargo xtask bench`; not by hand. Baton {}, optimised, on {} with {} CPUs and {} GiB, \
         Linux {}:\n{place}. Medians of {} rounds of {} s.",
        results.version,
        machine.processor,
        machine.cpus,
        machine.memory_gib,
        machine.kernel,
        results.rounds,
        results.seconds
    )
}

fn how(results: &Results) -> String {
    let is_measured = |name: &str| results.points.iter().any(|point| point.workload == name);
    let list: String = workloads::all()
        .iter()
        .filter(|workload| is_measured(workload.name))
        .map(|workload| format!("\n- **{}**: {}.", workload.name, workload.about))
        .collect();
    let floor = match results.bare().and_then(|bare| bare.figure(PER_SECOND)) {
        Some(_) => {
            "The floor is **bare axum**: the same versions of axum, hyper and tokio answer the same requests, \
             cookies included, with a JSON document.\nNo server on this stack is below it, and a cost in its units \
             compares across machines. A refresh cannot be below one ES256 signature, two\nMACs and a commit more: \
             `cargo bench -p backend --bench hot_path` measures the parts."
        }
        None => "The yardstick was not measured.",
    };
    format!(
        "Every session carries the cookie that its last refresh has set; limits are off; logs are written. A **closed** \
         loop sends on each connection as soon as it is\nanswered: the highest rate. An **open** loop sends at a share \
         of that rate, and a latency counts from the instant at which the request was due, sent or not\n(no coordinated \
         omission). CPU is user and kernel time of the whole server process, divided by the answers; PostgreSQL's is not \
         in it. An unexpected answer ends\nthe run.\n\n{floor}\n{list}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::Engine;
    use crate::results::samples::{point, results};
    use crate::results::{BARE, BARE_SERVER, CLOSED, CPU, OPEN, P99};

    fn sample() -> Results {
        let sqlite = Engine::Sqlite.server();
        results(vec![
            point(BARE, BARE_SERVER, (CLOSED, 32.0), &[(CPU, 10.0), (PER_SECOND, 9e4)]),
            point("refresh", sqlite, (CLOSED, 32.0), &[(CPU, 200.0), (PER_SECOND, 4e3)]),
            point("refresh", sqlite, (OPEN, 50.0), &[(CPU, 210.0), (P99, 2_000.0)]),
        ])
    }

    #[test]
    fn the_document_says_what_was_measured_on_what_and_shows_it() {
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path(), &sample(), None).expect("a folder to write to");
        let read = |file: &str| std::fs::read_to_string(folder.path().join(file)).expect(file);
        let text = read("performance.md");
        assert!(text.starts_with("# Performance\n"));
        assert!(text.contains("Abacus 9000 with 2 CPUs and 8 GiB"), "{text}");
        assert!(text.contains("\n- **refresh**: ") && !text.contains("\n- **login**: "), "{text}");
        assert!(text.contains("| refresh, Baton, SQLite | 4,000 | 200 | 20.0 | - |"), "{text}");
        assert!(text.contains("](performance/latency-refresh.svg)"), "{text}");
        assert!(!text.contains("## Against"));
        assert!(read("performance/latency-refresh.svg").starts_with("<svg "));
        let widest = text.lines().map(|line| line.chars().count()).max();
        assert!(widest.is_some_and(|widest| widest <= 180), "{widest:?}");
    }

    #[test]
    fn the_last_release_is_compared_with() {
        let last = Results { version: "0.1.9".to_owned(), ..sample() };
        let text = text(&sample(), &[], Some(&last));
        assert!(text.contains("\n## Against 0.1.9\n"), "{text}");
        assert!(
            text.ends_with(
                "| refresh, Baton, SQLite, open 50 | 1.00 | 1.00 | - | 1.00 | - | - |\n"
            )
        );
    }
}
