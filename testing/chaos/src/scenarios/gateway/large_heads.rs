//! Unfinished large heads: clients send the edge the largest heads that it accepts, and never end them. It accepts
//! them for browsers with full cookie jars; the memory for all of them has a bound that does not depend on their
//! number, and users are served once the attack is over.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Result;
use futures_util::future::join_all;
use shared::path;

use super::setup::start;
use crate::checker;
use crate::client::Client;
use crate::edge::Edge;
use crate::http::{self, CallError, Request};
use crate::route::route_to;
use crate::test_env::TestEnv;
use crate::timing::{SERVED_WITHIN, Stopwatch, pause};

/// docs/gateway.md, in MiB: Envoy's heap, what arrives before its next check, and the program itself.
const BOUND: u64 = 512;
const CONNECTIONS: usize = 1_000;
/// The beginning of a head, and how many pieces follow: 1 MiB.
const BEGINNING: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\ncookie: a=";
const PIECES: usize = 64;
static PIECE: [u8; 16 * 1024] = [b'y'; 16 * 1024];
/// Between two pieces of one connection. All together send 160 MB a second, more than a line of 1 Gbit/s carries.
const BETWEEN_PIECES: Duration = Duration::from_millis(100);
/// How long they send: shorter than the edge's timeout for a head (10 s), so that it closes none for that.
const SENDING: Duration = Duration::from_secs(9);
/// Between two calls of the user during the attack.
const BETWEEN_CALLS: Duration = Duration::from_millis(100);
/// File descriptors of this suite: its connections and more.
const FILES: u64 = 4_096;

/// How the user's calls were answered.
#[derive(Default)]
struct Calls {
    served: usize,
    refused: usize,
}

/// Attacks beside a user, who is served afterwards.
pub(crate) async fn run(env: Arc<TestEnv>) -> Result<()> {
    rlimit::increase_nofile_limit(FILES)?;
    let baton = start(&env).await?;
    let client = Client::register(&env, baton.address(), "owner").await?;
    let edge = Edge::start(&env, route_to(&baton)).await?;
    edge.wait_until_accepted(&client.access_token).await?;
    for _ in 0..env.rounds {
        let (before, stop) = (edge.peak_memory()?, AtomicBool::new(false));
        let attack = async {
            let stopwatch = Stopwatch::start();
            join_all((0..CONNECTIONS).map(|_| send_heads(edge.address, stopwatch))).await;
            stop.store(true, Ordering::Relaxed);
        };
        let ((), calls) = tokio::join!(attack, keep_calling(&client, edge.address, &stop));
        let stopwatch = Stopwatch::start();
        edge.wait_until_accepted(&client.access_token).await?;
        env.check_bound(SERVED_WITHIN, stopwatch.elapsed(), "afterwards, serving took");
        let memory = edge.peak_memory()?;
        let Calls { served, refused } = calls;
        env.remark(format!(
            "the edge: {before} MiB at most before, {memory} MiB then; of a user's calls {served} were served, {refused} were not"
        ));
        if memory > BOUND {
            env.violation(format!("the edge has taken {memory} MiB, more than {BOUND}"));
        }
    }
    checker::check(&env, baton.address(), &mut [client]).await
}

/// Sends heads until the deadline; reconnects when one was cut off.
async fn send_heads(at: SocketAddr, stopwatch: Stopwatch) {
    while stopwatch.elapsed() < SENDING {
        let rest = SENDING.saturating_sub(stopwatch.elapsed());
        // Cut off by the edge, or at the deadline.
        let _ = tokio::time::timeout(rest, send_head(at)).await;
        pause(BETWEEN_PIECES).await;
    }
}

/// Returns when it is cut off.
async fn send_head(at: SocketAddr) -> Result<(), CallError> {
    let mut connection = http::connect(at).await?;
    connection.send(BEGINNING).await?;
    for _ in 0..PIECES {
        connection.send(&PIECE).await?;
        pause(BETWEEN_PIECES).await;
    }
    std::future::pending().await
}

/// The user's calls during the attack; no answer is promised for them.
async fn keep_calling(client: &Client, at: SocketAddr, stop: &AtomicBool) -> Calls {
    let mut calls = Calls::default();
    let token = format!("Bearer {}", client.access_token);
    let request = Request::get(path::ME).header("authorization", token);
    while !stop.load(Ordering::Relaxed) {
        match http::call(at, &request).await {
            Ok(answer) if answer.status == 200 => calls.served += 1,
            Ok(_) | Err(_) => calls.refused += 1,
        }
        pause(BETWEEN_CALLS).await;
    }
    calls
}
