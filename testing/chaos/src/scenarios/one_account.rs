//! A noisy neighbour: one user's script, with several sessions and half a million own events, changes the name, pages
//! through events of every kind, lists and revokes sessions, confirms and changes the password in a loop, and replays
//! the refresh token of a revoked session, while others refresh from the same network. Rate limits are those of
//! production; the others' latency is bounded.

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
use crate::test_env::TestEnv;
use crate::timing::{Stopwatch, pause};
use crate::{checker, fill};

/// The promised 99th percentile of the others' refreshes.
const BOUND: Duration = Duration::from_millis(50);
/// The other users.
const CLIENTS: usize = 8;
/// Sessions of the user, and connections of each.
const SESSIONS: usize = 4;
const CONNECTIONS: usize = 10;
/// How many events of one kind the user has, for each round.
const EVENTS: u64 = 10_000;
/// Others who log in, each twice a second.
const LOGINS: usize = 2;
/// How long the user's calls last.
const SPELL: Duration = Duration::from_secs(10);
/// Between two logins of one of the others.
const BETWEEN_LOGINS: Duration = Duration::from_millis(500);
/// Each connection cycles through these calls.
const CALLS: [(&str, &str); 10] = [
    ("PUT", path::NAME),
    ("GET", "/api/events?kind=limited"),
    ("GET", path::EVENTS),
    ("GET", path::SESSIONS),
    ("POST", path::CONFIRM),
    ("PUT", path::PASSWORD),
    ("DELETE", path::SESSIONS),
    // With the refresh token of the revoked session.
    ("POST", path::REFRESH),
    ("POST", path::REVOKE),
    ("POST", path::LOGOUT),
];

/// The user with the script.
struct NoisyUser {
    sessions: Vec<Client>,
    /// Its refresh token is genuine, its session revoked.
    revoked: Client,
}

/// How the user's calls were answered.
#[derive(Default)]
struct Counts {
    served: AtomicU64,
    limited: AtomicU64,
    /// Calls with the revoked session's token.
    revoked: AtomicU64,
}

/// Measures the others' refreshes alone, then beside the user's calls.
pub(crate) async fn run(env: Arc<TestEnv>) -> Result<()> {
    let instance = Instance::start(env.launch_with_limits(&env.database.url())).await?;
    let at = instance.address();
    let clients = Client::several(&env, at, CLIENTS).await?;
    let mut noisy = NoisyUser::register(&env, at).await?;
    let user = noisy.revoked.user(at).await?;
    let logged_out = noisy.revoked.logout(at).await;
    anyhow::ensure!(logged_out == Some(204), "the logout was answered {logged_out:?}");
    fill::events_of(&env.database, user, "name_changed", EVENTS * env.rounds).await?;
    let mut refreshes = Refreshes::start(clients, at);
    let spell = env.spell(SPELL);
    pause(spell / 2).await;
    latency::check_bound(&env, BOUND, "alone", refreshes.taken());
    let (stop, counts) = (AtomicBool::new(false), Counts::default());
    let mut visitors = Vec::new();
    for number in 0..LOGINS {
        visitors.push(Client::register(&env, at, &format!("visitor-{number}")).await?);
    }
    let logins = visitors.iter_mut().map(|visitor| keep_logging_in(visitor, at, &stop));
    let busy = (0..SESSIONS * CONNECTIONS)
        .map(|number| keep_calling(&env, at, &noisy, number, &stop, &counts));
    let end = async {
        pause(spell).await;
        stop.store(true, Ordering::Relaxed);
    };
    let (calls, logins, ()) = tokio::join!(join_all(busy), join_all(logins), end);
    calls.into_iter().collect::<Result<()>>()?;
    let logins: Vec<Login> = logins.into_iter().collect::<Result<Vec<_>>>()?.concat();
    check_logins(&env, &logins);
    refreshes.ensure_running().await?;
    latency::check_bound(&env, BOUND, "beside one user's calls", refreshes.taken());
    let Counts { served, limited, revoked } = counts;
    let (served, limited, revoked) =
        (served.into_inner(), limited.into_inner(), revoked.into_inner());
    env.remark(format!(
        "of that user's calls {served} were served, {limited} were 429, {revoked} were of the revoked session"
    ));
    // The rate limit's burst of each session, and the account's refill.
    let most = 400 + 20 * (spell.as_secs() + 5);
    if served > most {
        env.violation(format!("{served} calls of one account were served, more than {most}"));
    }
    let mut clients = refreshes.finish().await?;
    checker::check(&env, at, &mut clients).await
}

/// A login's status, and its latency.
type Login = (Option<u16>, Duration);

/// Logs in in a loop, each time from an unknown device.
async fn keep_logging_in(
    visitor: &mut Client,
    at: SocketAddr,
    stop: &AtomicBool,
) -> Result<Vec<Login>> {
    let mut logins = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        visitor.ticket.clear();
        let stopwatch = Stopwatch::start();
        let status = visitor.try_login(at).await?;
        logins.push((status, stopwatch.elapsed()));
        pause(BETWEEN_LOGINS).await;
    }
    Ok(logins)
}

/// Each login is answered: none waits for a hashing permit behind the user's calls until it gets 503.
fn check_logins(env: &TestEnv, logins: &[Login]) {
    let failed = logins.iter().filter(|(status, _)| *status != Some(200)).count();
    let slowest = logins.iter().map(|(_, took)| *took).max().unwrap_or_default();
    let all = logins.len();
    env.remark(format!("others logged in {all} times, in {slowest:.1?} at most"));
    if env.measures && failed > 0 {
        env.violation(format!("{failed} of {all} logins of others failed"));
    }
}

async fn keep_calling(
    env: &Arc<TestEnv>,
    at: SocketAddr,
    noisy: &NoisyUser,
    first: usize,
    stop: &AtomicBool,
    counts: &Counts,
) -> Result<()> {
    let (mut number, mut session) = (first, first);
    while !stop.load(Ordering::Relaxed) {
        let (method, path) = CALLS[number % CALLS.len()];
        number += 1;
        // Of two sessions that revoke all others at once, none might be left.
        if method == "DELETE" && session % SESSIONS != SESSIONS - 1 {
            continue;
        }
        let outcome = http::call(at, &noisy.request(env, session, method, path)).await;
        env.inspect(path, &outcome);
        let answer = outcome.map_err(|lost| anyhow::anyhow!("{path}: {}", lost.why))?;
        match (answer.status, answer.text("code").as_deref()) {
            (429, _) => _ = counts.limited.fetch_add(1, Ordering::Relaxed),
            _ if [path::REFRESH, path::REVOKE, path::LOGOUT].contains(&path) => {
                counts.revoked.fetch_add(1, Ordering::Relaxed);
            }
            // Revoked by another of the user's sessions; the next one takes over.
            (401, Some("invalid_token" | "invalid_grant")) => session += 1,
            _ => _ = counts.served.fetch_add(1, Ordering::Relaxed),
        }
    }
    Ok(())
}

impl NoisyUser {
    async fn register(env: &Arc<TestEnv>, at: SocketAddr) -> Result<Self> {
        let revoked = Client::register(env, at, "hog").await?;
        let mut sessions = Vec::new();
        for _ in 0..SESSIONS {
            let mut session = revoked.copied();
            // As in another browser: a login revokes the session of its own cookie.
            session.ticket.clear();
            session.login(at).await?;
            sessions.push(session);
        }
        Ok(Self { sessions, revoked })
    }

    fn request(
        &self,
        env: &TestEnv,
        session: usize,
        method: &'static str,
        path: &'static str,
    ) -> Request {
        let session = &self.sessions[session % self.sessions.len()];
        let cookie = |of: &Client| format!("{}={}", path::REFRESH_COOKIE, of.ticket);
        let request = match method {
            "GET" => Request::get(path),
            "PUT" => Request::put(path),
            "DELETE" => Request::delete(path),
            _ => Request::post(path),
        };
        let request = from_our_page(env, request);
        match path {
            path::REVOKE => return request.form("token", &self.revoked.ticket),
            path::REFRESH | path::LOGOUT => return request.header("cookie", cookie(&self.revoked)),
            _ => {}
        }
        let request = request.header("authorization", format!("Bearer {}", session.access_token));
        match path {
            path::NAME => request.json(&json!({ "name": "Hog" })),
            // A wrong password: the session stays, and Argon2id runs all the same.
            path::CONFIRM => request
                .header("cookie", cookie(session))
                .json(&json!({ "password": "a wrong password, mistyped" })),
            path::PASSWORD => request.json(&json!({
                "current_password": "a wrong password, mistyped", "new_password": PASSWORD,
            })),
            _ => request,
        }
    }
}

impl Client {
    /// The id of its user.
    async fn user(&self, at: SocketAddr) -> Result<[u8; 16]> {
        let token = format!("Bearer {}", self.access_token);
        let request = Request::get(path::ME).header("authorization", token);
        let answer = http::call(at, &request).await.map_err(|lost| anyhow::anyhow!(lost.why))?;
        let body: serde_json::Value = serde_json::from_slice(&answer.body)?;
        let id = body["user"]["id"].as_str().context("an id")?.replace('-', "");
        Ok(u128::from_str_radix(&id, 16)?.to_be_bytes())
    }
}
