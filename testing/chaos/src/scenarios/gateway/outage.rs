//! Issuer outage: for a minute it answers garbage, a byte a second, or not at all. Edge and resource server use their
//! cached JWKS and status list: valid tokens are accepted, forged ones refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Result, bail};
use shared::path;

use super::callers::{self, TokenUse};
use super::setup::start;
use crate::checker;
use crate::client::{self, Client};
use crate::edge::Edge;
use crate::route::route_to;
use crate::stub::{Reply, Script, Stub, answer};
use crate::test_env::TestEnv;
use crate::timing::{SERVED_WITHIN, Stopwatch};

const CALLERS: usize = 10;
/// Longer than the JWKS cache of the edge (30 s) and of the service (10 s here); in a smoke run, by less.
const OUTAGE: Duration = Duration::from_secs(60);
const SHORT_OUTAGE: Duration = Duration::from_secs(40);

/// The kind of outage.
#[derive(Debug, Clone, Copy)]
enum IssuerFault {
    Garbage,
    Slow,
    Down,
}

/// Each round has the next kind.
pub(crate) async fn run(env: Arc<TestEnv>) -> Result<()> {
    let baton = start(&env).await?;
    let mut clients = Client::several(&env, baton.address(), CALLERS).await?;
    let edge = Edge::start(&env, route_to(&baton)).await?;
    for (_, fault) in (0..env.rounds).zip(IssuerFault::ALL.into_iter().cycle()) {
        for client in &mut clients {
            client.refresh(|| baton.address()).await?;
            edge.wait_until_accepted(&client.access_token).await?;
        }
        clients = run_outage(&env, &edge, fault, clients).await?;
    }
    checker::check(&env, baton.address(), &mut clients).await
}

async fn run_outage(
    env: &TestEnv,
    edge: &Edge,
    fault: IssuerFault,
    clients: Vec<Client>,
) -> Result<Vec<Client>> {
    let issuer = Stub::start(fault.script()).await?;
    let forged = forged(&clients[0].access_token);
    let mut callers = callers::start(clients, edge.address, [TokenUse::Keep; 2]);
    callers.wait_for_progress().await?;
    match fault {
        IssuerFault::Down => edge.to_issuer.refuse(),
        IssuerFault::Garbage | IssuerFault::Slow => edge.to_issuer.redirect_to(issuer.address()),
    }
    let before = callers.steps();
    let outage = if env.measures { OUTAGE } else { SHORT_OUTAGE };
    callers.run_for(outage).await?;
    let served = callers.steps() - before;
    for at in [edge.address, edge.service.address()] {
        let status = client::notes(at, &forged).await.ok().map(|answer| answer.status);
        if status != Some(401) {
            env.violation(format!("{fault:?}: a bad signature was answered {status:?}"));
        }
    }
    if !matches!(fault, IssuerFault::Down) {
        let heard = issuer.heard();
        let asked = |path| heard.iter().filter(|head| head.contains(path)).count();
        // The edge fetches the JWKS; the service fetches the metadata first.
        if asked(path::JWKS) == 0 || asked(path::METADATA) == 0 {
            bail!("{fault:?}: the issuer got no request: the scenario was not exercised");
        }
    }
    edge.to_issuer.restore();
    let stopwatch = Stopwatch::start();
    let mut clients = callers.finish().await?;
    for client in &mut clients {
        client.refresh(|| edge.address).await?;
        match client.notes(edge.address).await {
            Ok(answer) if answer.status == 200 => {}
            Ok(answer) => bail!("after {fault:?}: {}", answer.status),
            Err(lost) => bail!("after {fault:?}: {}", lost.why),
        }
    }
    env.check_bound(SERVED_WITHIN, stopwatch.elapsed(), "after the issuer was back, serving took");
    env.remark(format!("{fault:?}: {served} calls in {outage:?}, 0 failed"));
    Ok(clients)
}

/// The token with another first character in its signature.
fn forged(token: &str) -> String {
    let at = token.rfind('.').map_or(0, |dot| dot + 1);
    let other = if token[at..].starts_with('A') { "B" } else { "A" };
    format!("{}{other}{}", &token[..at], &token[at + 1..])
}

impl IssuerFault {
    /// The most harmful first.
    const ALL: [Self; 3] = [Self::Garbage, Self::Slow, Self::Down];

    fn script(self) -> Script {
        let turn = AtomicUsize::new(0);
        let next = garbage();
        let slow = answer("200 OK", JSON, b"{\"keys\":[]}");
        Arc::new(move |_| match self {
            Self::Garbage => {
                Reply::Whole(next[turn.fetch_add(1, Ordering::Relaxed) % next.len()].clone())
            }
            Self::Slow | Self::Down => Reply::Dripping(slow.clone()),
        })
    }
}

const JSON: &[&str] = &["content-type: application/json", "cache-control: max-age=3600"];

/// Answers that are no valid JWKS, metadata or status list.
fn garbage() -> Vec<Vec<u8>> {
    let whole = |body: &[u8]| answer("200 OK", JSON, body);
    let html = answer("200 OK", &["content-type: text/html"], b"<h1>Maintenance</h1>");
    let half = b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n{\"keys\":[{".to_vec();
    vec![
        whole(br#"{"keys":[]}"#),
        whole(b"null"),
        whole(br#"{"keys":[{"kty":"EC","crv":"P-256","kid":"x"}]}"#),
        html,
        whole(b"\xff\xfe\0"),
        answer("502 Bad Gateway", &[], b""),
        whole(b"[".repeat(70_000).as_slice()),
        whole(b""),
        half,
        answer("302 Found", &["location: http://127.0.0.1:1/"], b""),
    ]
}
