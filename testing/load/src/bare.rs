//! The yardstick: a bare axum server that answers every call with the same small JSON document. The versions of axum,
//! hyper and tokio are those of Baton. It parses the same requests, and does no work.

use anyhow::{Context as _, Result};
use axum::routing::get;
use axum::serve::ListenerExt as _;
use axum::{Json, Router};
use serde::Serialize;
use shared::path;
use tokio::net::TcpListener;

use crate::report;
use crate::server::GREETING;

/// About as long as Baton's answer to the same call.
#[derive(Serialize)]
struct Answer {
    user: User,
    session: Session,
}

#[derive(Serialize)]
struct User {
    id: &'static str,
    email: &'static str,
    name: Option<&'static str>,
}

#[derive(Serialize)]
struct Session {
    id: &'static str,
    created_at: u64,
    expires_at: u64,
    device: &'static str,
    current: bool,
}

const ANSWER: Answer = Answer {
    user: User {
        id: "01890a5d-ac96-774b-bcce-b302099a8057",
        email: "load-0@example.com",
        name: None,
    },
    session: Session {
        id: "01890a5d-ac96-774b-bcce-b302099a8058",
        created_at: 1_800_000_000,
        expires_at: 1_800_604_800,
        device: "unknown",
        current: true,
    },
};

async fn me() -> Json<Answer> {
    Json(ANSWER)
}

/// Serves on a free port of loopback, and says which.
pub(crate) fn run() -> Result<()> {
    // As Baton does: one worker a CPU.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = listen().await?;
        report::say(&format!("{GREETING}{}", listener.local_addr()?));
        serve(listener).await
    })
}

/// Listens on a free port of loopback.
pub(crate) async fn listen() -> Result<TcpListener> {
    TcpListener::bind("127.0.0.1:0").await.context("loopback cannot be listened on")
}

/// Serves until it is dropped.
pub(crate) async fn serve(listener: TcpListener) -> Result<()> {
    let listener = listener.tap_io(|stream| {
        // As Baton does. It fails only for a connection that is closed.
        let _ = stream.set_nodelay(true);
    });
    let router = Router::new().route(path::ME, get(me));
    Ok(axum::serve(listener, router).await?)
}
