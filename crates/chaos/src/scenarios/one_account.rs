//! One account against everybody: a user with a script, several sessions and half a million own events changes the
//! name, pages through events of every kind, lists and ends sessions, confirms and changes the password, as fast as it
//! is answered, while others refresh. Rate limits are as for users. Everybody else is served as if that user were not there.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};
use futures_util::future::join_all;
use serde_json::json;
use shared::path;

use crate::client::{Client, PASSWORD, from_our_page};
use crate::http::{self, Request};
use crate::instance::Instance;
use crate::latency::{self, Refreshes};
use crate::pace::pause;
use crate::stage::Stage;
use crate::{checker, fill};

/// What is promised.
const BOUND: Duration = Duration::from_millis(50);
/// They have nothing to do with it.
const CLIENTS: usize = 8;
/// Sessions of the user, and connections that each keeps busy.
const SESSIONS: usize = 4;
const CONNECTIONS: usize = 10;
/// How many events of one kind the user has, for each round.
const EVENTS: u64 = 10_000;
/// How long each part lasts.
const SPELL: Duration = Duration::from_secs(10);
/// One of these calls after the other, by every connection.
const CALLS: [(&str, &str); 7] = [
    ("PUT", path::NAME),
    ("GET", "/api/events?kind=limited"),
    ("GET", path::EVENTS),
    ("GET", path::SESSIONS),
    ("POST", path::CONFIRM),
    ("PUT", path::PASSWORD),
    ("DELETE", path::SESSIONS),
];

/// Beside all of the user's calls.
pub(crate) async fn play(stage: Arc<Stage>) -> Result<()> {
    let instance = Instance::start(stage.launch_with_limits(&stage.database.url())).await?;
    let at = instance.address();
    let clients = Client::several(&stage, at, CLIENTS).await?;
    let mut hog = vec![Client::register(&stage, at, "hog").await?];
    for _ in 1..SESSIONS {
        let mut session = hog[0].copied();
        // In another browser: a login ends the session that its own has.
        session.ticket.clear();
        session.login(at).await?;
        hog.push(session);
    }
    let user = hog[0].user(at).await?;
    fill::events_of(&stage.database, user, "name_changed", EVENTS * stage.rounds).await?;
    let mut refreshes = Refreshes::start(clients, at);
    pause(SPELL / 2).await;
    latency::hold_to(&stage, BOUND, "alone", refreshes.taken());
    let (stop, served, limited) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
    let counts = (&stop, &served, &limited);
    let busy =
        (0..SESSIONS * CONNECTIONS).map(|number| keep_calling(&stage, at, &hog, number, counts));
    let spell = async {
        pause(SPELL).await;
        stop.store(true, Ordering::Relaxed);
    };
    let (calls, ()) = tokio::join!(join_all(busy), spell);
    calls.into_iter().collect::<Result<()>>()?;
    refreshes.nobody_gave_up().await?;
    latency::hold_to(&stage, BOUND, "beside one user's calls", refreshes.taken());
    let (served, limited) = (served.into_inner(), limited.into_inner());
    stage.remark(format!("of that user's calls {served} were served, {limited} were 429"));
    // A burst of each session and the account's refill.
    let most = 400 + 20 * (SPELL.as_secs() + 5);
    if served > most {
        stage.violation(format!("{served} calls of one account were served, more than {most}"));
    }
    let mut clients = refreshes.finish().await?;
    checker::check(&stage, at, &mut clients).await
}

async fn keep_calling(
    stage: &Arc<Stage>,
    at: SocketAddr,
    sessions: &[Client],
    first: usize,
    (stop, served, limited): (&AtomicBool, &AtomicU64, &AtomicU64),
) -> Result<()> {
    let (mut number, mut session) = (first, first);
    while !stop.load(Ordering::Relaxed) {
        let (method, path) = CALLS[number % CALLS.len()];
        number += 1;
        // Of two sessions that end all others at once, none may be left.
        if method == "DELETE" && session % sessions.len() != sessions.len() - 1 {
            continue;
        }
        let client = &sessions[session % sessions.len()];
        let outcome = http::call(at, &request(stage, client, method, path)).await;
        stage.inspect(path, &outcome);
        let answer = outcome.map_err(|lost| anyhow::anyhow!("{path}: {}", lost.why))?;
        match (answer.status, answer.text("code").as_deref()) {
            (429, _) => _ = limited.fetch_add(1, Ordering::Relaxed),
            // Another one of its sessions has ended this one, and goes on.
            (401, Some("invalid_token" | "invalid_grant")) => session += 1,
            _ => _ = served.fetch_add(1, Ordering::Relaxed),
        }
    }
    Ok(())
}

fn request(stage: &Stage, session: &Client, method: &'static str, path: &'static str) -> Request {
    let token = format!("Bearer {}", session.access_token);
    let request = match method {
        "GET" => Request::get(path),
        "PUT" => Request::put(path),
        "DELETE" => Request::delete(path),
        _ => Request::post(path),
    };
    let request = from_our_page(stage, request).header("authorization", token);
    match path {
        path::NAME => request.json(&json!({ "name": "Hog" })),
        // Wrong: the session goes on as it is, and the hash has to be computed all the same.
        path::CONFIRM => request
            .header("cookie", format!("{}={}", path::REFRESH_COOKIE, session.ticket))
            .json(&json!({ "password": "a wrong password, mistyped" })),
        path::PASSWORD => request.json(&json!({
            "current_password": "a wrong password, mistyped", "new_password": PASSWORD,
        })),
        _ => request,
    }
}

impl Client {
    /// Its user's id.
    async fn user(&self, at: SocketAddr) -> Result<[u8; 16]> {
        let token = format!("Bearer {}", self.access_token);
        let request = Request::get(path::ME).header("authorization", token);
        let answer = http::call(at, &request).await.map_err(|lost| anyhow::anyhow!(lost.why))?;
        let body: serde_json::Value = serde_json::from_slice(&answer.body)?;
        let id = body["user"]["id"].as_str().context("an id")?.replace('-', "");
        Ok(u128::from_str_radix(&id, 16)?.to_be_bytes())
    }
}
