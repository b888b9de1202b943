//! Spoofed client addresses (`X-Forwarded-For`). Baton trusts its gateway, and the gateway trusts the TCP connection.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use shared::path;

use super::setup::start;
use crate::client::{Client, PASSWORD, from_our_page};
use crate::edge::Edge;
use crate::http::{self, Request};
use crate::route::route_to;
use crate::test_env::TestEnv;

const SPOOFED_ADDRESS: &str = "203.0.113.7";
/// Neither the edge's address nor the one it connects from.
const CALLER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
/// The address the gateway connects from.
const GATEWAY: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// Through the gateway the spoofed header is ignored, and Baton sees the caller's address; at Baton's own port, from
/// a trusted proxy's address, it is believed.
pub(crate) async fn run(env: Arc<TestEnv>) -> Result<()> {
    let baton = start(&env).await?;
    let client = Client::register(&env, baton.address(), "owner").await?;
    let edge = Edge::start(&env, route_to(&baton)).await?;
    edge.wait_until_accepted(&client.access_token).await?;
    for round in 0..env.rounds {
        let caller = Caller { env: &env, from: CALLER, at: edge.address };
        let seen = caller.seen_address(&format!("outside-{round}")).await?;
        if seen == SPOOFED_ADDRESS {
            env.violation("any caller can choose the address that Baton sees");
        } else if seen != CALLER.to_string() {
            env.violation(format!("{CALLER} called the edge, and Baton sees {seen}"));
        }
        let gateway = Caller { env: &env, from: GATEWAY, at: baton.address() };
        if gateway.seen_address(&format!("inside-{round}")).await? != SPOOFED_ADDRESS {
            bail!("Baton ignores a trusted proxy: the scenario was not exercised");
        }
    }
    Ok(())
}

/// A client that sends a spoofed `X-Forwarded-For`.
struct Caller<'a> {
    env: &'a TestEnv,
    from: Ipv4Addr,
    at: SocketAddr,
}

impl Caller<'_> {
    /// The address that Baton shows for a new user's session.
    async fn seen_address(&self, name: &str) -> Result<String> {
        let body = json!({ "email": format!("{name}@example.com"), "password": PASSWORD });
        let request = from_our_page(self.env, Request::post(path::REGISTER)).json(&body);
        let answer = self.call(request).await?;
        let token = answer.text("access_token").context("a new user is registered")?;
        let request = Request::get(path::SESSIONS);
        let answer = self.call(request.header("authorization", format!("Bearer {token}"))).await?;
        let sessions: Value = serde_json::from_slice(&answer.body)?;
        let seen = sessions["sessions"][0]["ip"].as_str();
        seen.map(str::to_owned).with_context(|| format!("no address in {sessions}"))
    }

    async fn call(&self, request: Request) -> Result<http::Answer> {
        let request = request.header("x-forwarded-for", SPOOFED_ADDRESS);
        let answer = http::call_from(self.from, self.at, &request).await;
        answer.map_err(|lost| anyhow::anyhow!(lost.why))
    }
}
