//! A noisy neighbour at the resource server: one user fills it with notes and searches in a loop, with the most
//! expensive query. The quota bounds the notes, the rate limit the searches; the latency of another user is measured.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::json;
use shared::path;
use tokio::task::JoinSet;

use super::setup::start;
use crate::client::Client;
use crate::edge::Edge;
use crate::http::{self, Request};
use crate::route::route_to;
use crate::test_env::TestEnv;
use crate::timing::{Stopwatch, pause};

/// The most notes that are sent, each of 64,000 bytes.
const MOST_NOTES: usize = 1_200;
const TEXT: usize = 16_000;
/// Connections that search.
const SEARCHERS: usize = 40;
/// Calls of the other user, and the pause between two of them.
const CALLS: usize = 50;
const BETWEEN_CALLS: Duration = Duration::from_millis(50);
/// The promised 98th percentile of the other user's calls, held in a full run.
const BOUND: Duration = Duration::from_millis(250);

/// Fills, then searches while another user lists their notes.
pub(crate) async fn run(env: Arc<TestEnv>) -> Result<()> {
    let baton = start(&env).await?;
    let greedy = Client::register(&env, baton.address(), "greedy").await?;
    let other = Client::register(&env, baton.address(), "other").await?;
    let edge = Edge::start(&env, route_to(&baton)).await?;
    edge.wait_until_accepted(&other.access_token).await?;
    let kept = fill(&edge, &greedy).await?;
    for _ in 0..env.rounds {
        let searches = Searches::start(&edge, &greedy);
        let mut times = Vec::with_capacity(CALLS);
        for _ in 0..CALLS {
            pause(BETWEEN_CALLS).await;
            let stopwatch = Stopwatch::start();
            match other.notes(edge.address).await {
                Ok(answer) if answer.status == 200 => times.push(stopwatch.elapsed()),
                Ok(answer) => env.violation(format!("the other user: {}", answer.status)),
                Err(lost) => env.violation(format!("the other user: {}", lost.why)),
            }
        }
        let [answered, limited, failed] = searches.stop();
        times.sort_unstable();
        let slowest = times.get(times.len() * 98 / 100).or(times.last()).copied();
        let slowest = slowest.unwrap_or_default();
        env.remark(format!(
            "{kept} notes kept; {answered} searches answered, {limited} limited, {failed} failed; the other user \
             was answered within {slowest:.2?} (p98)"
        ));
        if env.measures {
            env.check_bound(BOUND, slowest, "a call of the other user took (p98)");
        }
    }
    Ok(())
}

/// Writes notes until the quota is reached; how many.
async fn fill(edge: &Edge, greedy: &Client) -> Result<usize> {
    let note = json!({ "title": "a", "text": "😀".repeat(TEXT) });
    let token = format!("Bearer {}", greedy.access_token);
    let request = Request::post(path::NOTES).header("authorization", token).json(&note);
    let mut kept = 0;
    while kept < MOST_NOTES {
        match http::call(edge.address, &request).await {
            Ok(answer) if answer.status == 201 => kept += 1,
            Ok(answer) if answer.status == 409 => break,
            Ok(answer) if answer.status == 429 => pause(BETWEEN_CALLS).await,
            other => bail!("note {kept}: {other:?}"),
        }
    }
    Ok(kept)
}

/// Searches on many connections, until they are stopped.
struct Searches {
    tasks: JoinSet<()>,
    stop: Arc<AtomicBool>,
    /// Answered, rate-limited, failed.
    counts: Arc<[AtomicU64; 3]>,
}

impl Searches {
    fn start(edge: &Edge, greedy: &Client) -> Self {
        let (stop, counts) = (Arc::new(AtomicBool::new(false)), Arc::<[AtomicU64; 3]>::default());
        // The worst case: at each position of each note, all but the last byte match.
        let text = format!("{}{}", "%F0%9F%98%80".repeat(199), "%F0%9F%98%81");
        let path = format!("{}?q={text}", path::NOTES);
        let token = format!("Bearer {}", greedy.access_token);
        let request = Request::get(path).header("authorization", token);
        let mut tasks = JoinSet::new();
        for _ in 0..SEARCHERS {
            let (stop, counts) = (Arc::clone(&stop), Arc::clone(&counts));
            let (request, at) = (request.clone(), edge.address);
            tasks.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let outcome = match http::call(at, &request).await {
                        Ok(answer) if answer.status == 200 => 0,
                        Ok(answer) if answer.status == 429 => 1,
                        _ => 2,
                    };
                    counts[outcome].fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        Self { tasks, stop, counts }
    }

    fn stop(mut self) -> [u64; 3] {
        self.stop.store(true, Ordering::Relaxed);
        self.tasks.abort_all();
        [0, 1, 2].map(|outcome| self.counts[outcome].load(Ordering::Relaxed))
    }
}
