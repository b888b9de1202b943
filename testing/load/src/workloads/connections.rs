//! What an idle keep-alive connection costs in memory.

use std::time::Duration;

use anyhow::{Context as _, Result};
use shared::path;

use crate::bench::Bench;
use crate::caller::Caller;
use crate::database::Engine;
use crate::http;
use crate::numbers::mebibytes;
use crate::report;
use crate::results::{BARE_SERVER, BYTES_EACH, CONNECTIONS, Figures, PEAK, Point, RESIDENT};
use crate::server::Server;
use crate::target::Target;
use crate::timing::Stopwatch;

/// Baton closes a connection that is idle for ten seconds.
const IDLE_LIMIT: Duration = Duration::from_secs(8);
/// File descriptors for all else.
const OTHER_FILES: usize = 200;

pub(super) fn connections(bench: &mut Bench, engine: Engine) -> Result<Vec<Point>> {
    let counts = counts(bench.scale.idle_connections)?;
    let most = counts.last().copied().unwrap_or(1);
    let bare = bench.fresh_bare()?;
    let mut points = opened(&bare, (BARE_SERVER, path::ME), &counts)?;
    let target = Target::with_connections(&bench.programs, engine, 1, most + OTHER_FILES)?;
    points.extend(opened(&target.server, (engine.server(), path::HEALTH_LIVE), &counts)?);
    Ok(points)
}

/// Those counts for which a process may have the file descriptors.
fn counts(wanted: &[usize]) -> Result<Vec<usize>> {
    let files = rlimit::increase_nofile_limit(u64::MAX).context("the limit of open files")?;
    let most = usize::try_from(files).unwrap_or(usize::MAX).saturating_sub(2 * OTHER_FILES);
    let (allowed, left_out): (Vec<usize>, Vec<usize>) =
        wanted.iter().copied().partition(|&count| count <= most);
    if !left_out.is_empty() {
        report::say(&format!(
            "  left out {left_out:?} connections: the limit of open files is {files} (`ulimit -Hn`)"
        ));
    }
    Ok(allowed)
}

/// Memory at each of these counts; each connection has had one answer.
fn opened(
    server: &Server,
    (server_name, path): (&str, &str),
    counts: &[usize],
) -> Result<Vec<Point>> {
    let mut request = Vec::new();
    http::write_get(&mut request, path, &[]);
    let (mut callers, mut base, mut points) = (Vec::new(), None, Vec::new());
    let stopwatch = Stopwatch::start();
    for &count in counts {
        while callers.len() < count {
            let mut caller = Caller::connect(server.address())?;
            caller.call(&request, |_| Ok(()))?;
            callers.push(caller);
        }
        if stopwatch.elapsed() > IDLE_LIMIT {
            report::say(&format!("  left out {count} connections: opening them took too long"));
            break;
        }
        let resident = server.resident()?;
        let mut figures = Figures::new();
        figures.insert(RESIDENT.to_owned(), mebibytes(resident));
        figures.insert(PEAK.to_owned(), mebibytes(server.peak()?));
        let (base_count, base_resident) = *base.get_or_insert((count, resident));
        if count > base_count {
            let more = resident.saturating_sub(base_resident) as f64;
            figures.insert(BYTES_EACH.to_owned(), more / (count - base_count) as f64);
        }
        let load = (CONNECTIONS, count as f64);
        points.push(Point::new("connections", server_name, load, figures));
    }
    Ok(points)
}
