//! A caller who says that they are somebody else. Baton believes its gateway, and the gateway believes the
//! connection.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use serde_json::json;
use shared::path;

use super::start;
use crate::client::{Client, PASSWORD, from_our_page};
use crate::edge::Edge;
use crate::http::{self, Request};
use crate::scenarios::road_to;
use crate::stage::Stage;

const SOMEBODY_ELSE: &str = "203.0.113.7";

/// Through the gateway it is not believed; by Baton's own door, where only its gateway may knock, it is.
pub(crate) async fn play(stage: Arc<Stage>) -> Result<()> {
    let baton = start(&stage).await?;
    let client = Client::register(&stage, baton.address(), "owner").await?;
    let edge = Edge::start(&stage, road_to(&baton)).await?;
    edge.opens_to(&client.access_token).await?;
    for round in 0..stage.rounds {
        if sees(&stage, edge.address, &format!("outside-{round}")).await? {
            stage.violation("whoever calls can choose the address that Baton sees");
        }
        if !sees(&stage, baton.address(), &format!("inside-{round}")).await? {
            bail!("Baton does not believe a trusted proxy: the story was not told");
        }
    }
    Ok(())
}

/// Whether Baton takes a newcomer who says so for somebody else.
async fn sees(stage: &Stage, at: SocketAddr, name: &str) -> Result<bool> {
    let body = json!({ "email": format!("{name}@example.com"), "password": PASSWORD });
    let request = from_our_page(stage, Request::post(path::REGISTER)).json(&body);
    let answer = call(at, request).await?;
    let token = answer.text("access_token").context("a newcomer is registered")?;
    let request = Request::get(path::SESSIONS).header("authorization", format!("Bearer {token}"));
    let sessions = call(at, request).await?.lossy_body();
    if !sessions.contains("\"ip\"") {
        bail!("no address in {sessions}");
    }
    Ok(sessions.contains(SOMEBODY_ELSE))
}

async fn call(at: SocketAddr, request: Request) -> Result<http::Answer> {
    let request = request.header("x-forwarded-for", SOMEBODY_ELSE);
    http::call(at, &request).await.map_err(|lost| anyhow::anyhow!(lost.why))
}
