//! An honest client: a cookie jar, a pending attempt key (the `Idempotency-Key`), an access token. It keeps the
//! client's rules of rotation (docs/design/rotation.md): retries repeat the key until the attempt is answered, and
//! only 401 ends the session.

mod password;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::json;
use shared::path;

use crate::http::{self, Answer, CallError, Request};
use crate::test_env::TestEnv;
use crate::ticket;
use crate::timing::{STEP_TIMEOUT, Stopwatch, pause};

pub(crate) const PASSWORD: &str = "velvet otter under glass";
/// The password it changes to, and back.
const OTHER_PASSWORD: &str = "marble heron beyond tuesday";

/// A user's browser.
pub(crate) struct Client {
    env: Arc<TestEnv>,
    pub(crate) email: String,
    pub(crate) password: &'static str,
    /// The refresh token in the cookie jar.
    pub(crate) ticket: String,
    /// The refresh token before the last rotation.
    pub(crate) previous: Option<String>,
    /// The idempotency key of the unanswered attempt.
    pub(crate) pending: Option<String>,
    pub(crate) access_token: String,
    /// Whether its session was revoked on purpose: by logout, password change, administrator or replay.
    pub(crate) revoked: bool,
}

/// The outcome of one refresh request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefreshOutcome {
    /// 200: the rotated token is in the jar.
    Refreshed,
    /// 401 `invalid_grant`: the session is over.
    SignedOut,
    /// No whole answer, 409, 429 or a 5xx other than 503: the outcome is unknown; a retry repeats the key.
    Transient,
    /// 503: a retry repeats the key.
    Unavailable,
}

impl Client {
    /// Registers a new user, which begins a session.
    pub(crate) async fn register(env: &Arc<TestEnv>, at: SocketAddr, name: &str) -> Result<Self> {
        let mut client = Self::unregistered(env, name);
        let answer = enter(env, at, path::REGISTER, &client.registration()).await?;
        client.take(&answer)?;
        Ok(client)
    }

    /// Registers once, without a retry; the status, if there was an answer.
    pub(crate) async fn try_register(&self, at: SocketAddr) -> Option<u16> {
        let request = self.on_our_page(Request::post(path::REGISTER)).json(&self.registration());
        let outcome = http::call(at, &request).await;
        self.env.inspect("register", &outcome);
        outcome.ok().map(|answer| answer.status)
    }

    fn registration(&self) -> serde_json::Value {
        json!({ "email": self.email, "password": self.password })
    }

    /// A client without an account.
    pub(crate) fn unregistered(env: &Arc<TestEnv>, name: &str) -> Self {
        Self {
            env: Arc::clone(env),
            email: format!("{name}@example.com"),
            password: PASSWORD,
            ticket: String::new(),
            previous: None,
            pending: None,
            access_token: String::new(),
            revoked: false,
        }
    }

    /// Registers `n` users.
    pub(crate) async fn several(env: &Arc<TestEnv>, at: SocketAddr, n: usize) -> Result<Vec<Self>> {
        let mut clients = Vec::with_capacity(n);
        for number in 0..n {
            clients.push(Self::register(env, at, &format!("user-{number}")).await?);
        }
        Ok(clients)
    }

    /// Logs in: a new session replaces the one the client had.
    pub(crate) async fn login(&mut self, at: SocketAddr) -> Result<()> {
        let answer = enter(&self.env, at, path::LOGIN, &self.registration()).await?;
        (self.previous, self.pending, self.revoked) = (None, None, false);
        self.take(&answer)
    }

    /// A thief's copy of the credentials, without the pending key.
    pub(crate) fn copied(&self) -> Self {
        Self {
            env: Arc::clone(&self.env),
            email: self.email.clone(),
            password: self.password,
            ticket: self.ticket.clone(),
            previous: self.previous.clone(),
            pending: None,
            access_token: self.access_token.clone(),
            revoked: self.revoked,
        }
    }

    /// The session id in the refresh token.
    pub(crate) fn session(&self) -> [u8; 16] {
        ticket::read(&self.ticket).map_or([0; 16], |reading| reading.session)
    }

    /// The generation of the refresh token.
    pub(crate) fn generation(&self) -> i64 {
        ticket::read(&self.ticket).map_or(0, |reading| reading.generation.into())
    }

    /// The refresh request with its `Idempotency-Key`: the pending one, or a new one.
    pub(crate) fn attempt(&mut self) -> Request {
        let rng = &self.env.rng;
        let key = self.pending.get_or_insert_with(|| rng.attempt_key()).clone();
        refresh_request(&self.env, &self.ticket).header(path::IDEMPOTENCY_KEY, key)
    }

    /// One refresh, without a retry.
    pub(crate) async fn try_refresh(&mut self, at: SocketAddr) -> Result<RefreshOutcome> {
        let request = self.attempt();
        let outcome = http::call(at, &request).await;
        self.settle(outcome)
    }

    /// Takes the outcome of a refresh as a browser does: cookies are in the jar as soon as the head has arrived, even
    /// if the body is lost.
    pub(crate) fn settle(&mut self, outcome: Result<Answer, CallError>) -> Result<RefreshOutcome> {
        self.env.inspect("refresh", &outcome);
        let counters = &self.env.counters;
        match outcome {
            Ok(answer) if answer.status == 200 => {
                counters.refreshes.fetch_add(1, Ordering::Relaxed);
                self.pending = None;
                self.take(&answer)?;
                Ok(RefreshOutcome::Refreshed)
            }
            Ok(answer) => {
                if answer.header("set-cookie").is_some() {
                    let status = answer.status;
                    self.env.violation(format!("refresh: {status} touches the cookies"));
                }
                match (answer.status, answer.text("code").as_deref()) {
                    (401, Some("invalid_grant")) => Ok(RefreshOutcome::SignedOut),
                    (status @ (409 | 429 | 500..), _) => {
                        counters.transient.fetch_add(1, Ordering::Relaxed);
                        Ok(if status == 503 {
                            RefreshOutcome::Unavailable
                        } else {
                            RefreshOutcome::Transient
                        })
                    }
                    (status, code) => bail!("refresh: {status} {code:?}, which is unexpected"),
                }
            }
            Err(lost) => {
                counters.transient.fetch_add(1, Ordering::Relaxed);
                if let Some(ticket) = lost.head.as_ref().and_then(refresh_cookie) {
                    self.previous = Some(std::mem::replace(&mut self.ticket, ticket.to_owned()));
                }
                Ok(RefreshOutcome::Transient)
            }
        }
    }

    /// Refreshes, and retries with the same idempotency key until an answer has come.
    ///
    /// # Errors
    /// If the client is signed out, or no answer comes within [`STEP_TIMEOUT`].
    pub(crate) async fn refresh(&mut self, route: impl Fn() -> SocketAddr) -> Result<()> {
        let stopwatch = Stopwatch::start();
        let mut tries = 0;
        while stopwatch.elapsed() < STEP_TIMEOUT {
            match self.try_refresh(route()).await? {
                RefreshOutcome::Refreshed => return Ok(()),
                RefreshOutcome::SignedOut => bail!(
                    "{} was signed out while holding generation {}",
                    self.email,
                    self.generation()
                ),
                RefreshOutcome::Transient | RefreshOutcome::Unavailable => tries += 1,
            }
            pause(Duration::from_millis(10 * tries.min(20))).await;
        }
        bail!("{} got no answer to {tries} tries within {STEP_TIMEOUT:?}", self.email)
    }

    /// `GET /me` with the bearer token; the status, if there was an answer.
    pub(crate) async fn me(&self, at: SocketAddr) -> Option<u16> {
        let token = format!("Bearer {}", self.access_token);
        let request = Request::get(path::ME).header("authorization", token);
        let outcome = http::call(at, &request).await;
        self.env.inspect("me", &outcome);
        outcome.ok().map(|answer| answer.status)
    }

    /// Logs out; the status, if there was an answer. The refresh token stays in the jar: the checker presents it
    /// again.
    pub(crate) async fn logout(&mut self, at: SocketAddr) -> Option<u16> {
        let cookie = format!("{}={}", path::REFRESH_COOKIE, self.ticket);
        let request = self.on_our_page(Request::post(path::LOGOUT)).header("cookie", cookie);
        let outcome = http::call(at, &request).await;
        self.env.inspect("logout", &outcome);
        let status = outcome.ok().map(|answer| answer.status);
        self.revoked |= status == Some(204);
        status
    }

    /// Lists the notes at the resource server.
    pub(crate) async fn notes(&self, at: SocketAddr) -> Result<Answer, CallError> {
        notes(at, &self.access_token).await
    }

    fn on_our_page(&self, request: Request) -> Request {
        from_our_page(&self.env, request)
    }

    fn take(&mut self, answer: &Answer) -> Result<()> {
        let ticket = refresh_cookie(answer).context("the answer sets no refresh cookie")?;
        let session_before = ticket::read(&self.ticket).map(|reading| reading.session);
        let reading = ticket::read(ticket).context("the refresh cookie is no ticket")?;
        if session_before == Some(reading.session) {
            self.previous = Some(self.ticket.clone());
        }
        ticket.clone_into(&mut self.ticket);
        self.access_token = answer.text("access_token").context("no access token in the answer")?;
        Ok(())
    }
}

/// Lists the notes at the resource server with this access token.
pub(crate) async fn notes(at: SocketAddr, access_token: &str) -> Result<Answer, CallError> {
    let token = format!("Bearer {access_token}");
    http::call(at, &Request::get(path::NOTES).header("authorization", token)).await
}

/// A refresh with this token, without an idempotency key.
pub(crate) fn refresh_request(env: &TestEnv, ticket: &str) -> Request {
    from_our_page(env, Request::post(path::REFRESH))
        .header("cookie", format!("{}={ticket}", path::REFRESH_COOKIE))
}

/// The refresh token in a response's `Set-Cookie`.
pub(crate) fn refresh_cookie(answer: &Answer) -> Option<&str> {
    answer.cookie(path::REFRESH_COOKIE)
}

pub(crate) fn from_our_page(env: &TestEnv, request: Request) -> Request {
    request.header("origin", &env.origin).header("sec-fetch-site", "same-origin")
}

/// Registers or logs in; retries while the server is busy hashing.
async fn enter(
    env: &TestEnv,
    at: SocketAddr,
    path: &'static str,
    body: &serde_json::Value,
) -> Result<Answer> {
    let stopwatch = Stopwatch::start();
    while stopwatch.elapsed() < STEP_TIMEOUT {
        let outcome = http::call(at, &from_our_page(env, Request::post(path)).json(body)).await;
        env.inspect(path, &outcome);
        match outcome {
            Ok(answer) if answer.status < 300 => return Ok(answer),
            Ok(answer) if answer.status == 503 => {
                env.counters.transient.fetch_add(1, Ordering::Relaxed);
            }
            Ok(answer) => bail!("{path}: {}", answer.status),
            Err(lost) => bail!("{path}: {}", lost.why),
        }
        pause(Duration::from_millis(50)).await;
    }
    bail!("{path}: no success within {STEP_TIMEOUT:?}")
}
