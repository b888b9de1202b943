//! An issuer on a port of this machine, a service that verifies its tokens, and a test clock: both the wall clock and
//! tokio's stand still until the test moves them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::signature::EcdsaKeyPair;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::response::Response;
use axum::serve::ListenerExt as _;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use types::NumericDate;
use verifier::remote::{Issuer, Options, VerifyError};
use verifier::{AccessToken, KeySet};

use super::{AUDIENCE, NOW, b64, claims, deflated, public_half, public_key, sign_with, token};

pub(crate) const METADATA: &str = "/.well-known/oauth-authorization-server";
pub(crate) const JWKS: &str = "/jwks";
pub(crate) const LIST: &str = "/status-lists/1";

/// The issuer's response on a path.
#[derive(Clone)]
pub(crate) enum Reply {
    Answer {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    },
    /// Accepts the request and never answers.
    Silence,
}

impl Reply {
    pub(crate) fn ok(body: impl Into<String>) -> Self {
        Self::Answer { status: 200, headers: vec![], body: body.into().into_bytes() }
    }

    pub(crate) fn status(status: u16) -> Self {
        Self::Answer { status, headers: vec![], body: vec![] }
    }

    /// The same under another status.
    pub(crate) fn but_with_status(self, status: u16) -> Self {
        match self {
            Self::Answer { headers, body, .. } => Self::Answer { status, headers, body },
            Self::Silence => Self::Silence,
        }
    }

    pub(crate) fn with(self, name: &'static str, value: &str) -> Self {
        match self {
            Self::Answer { status, mut headers, body } => {
                headers.push((name, value.to_owned()));
                Self::Answer { status, headers, body }
            }
            Self::Silence => Self::Silence,
        }
    }
}

#[derive(Default)]
struct Site {
    replies: Mutex<BTreeMap<String, Reply>>,
    /// Every request so far: path and `If-None-Match`.
    requests: watch::Sender<Vec<(String, Option<String>)>>,
    /// Whether a connection stays open after a response. A stopped issuer would answer on it.
    keeps_connections: AtomicBool,
    connections: AtomicUsize,
}

async fn serve(State(site): State<Arc<Site>>, request: Request) -> Response {
    let mut response = respond(&site, request).await;
    if !site.keeps_connections.load(Ordering::SeqCst) {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

async fn respond(site: &Site, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let known = request.headers().get("if-none-match");
    let known = known.map(|etag| etag.to_str().expect("visible ASCII").to_owned());
    site.requests.send_modify(|asked| asked.push((path.clone(), known.clone())));
    let reply = site.replies.lock().expect("a lock").get(&path).cloned();
    let Some(Reply::Answer { status, headers, body }) = reply else {
        return match reply {
            Some(_) => std::future::pending().await,
            None => Response::builder().status(404).body(Body::empty()).expect("a response"),
        };
    };
    let etag = headers.iter().find(|(name, _)| *name == "etag").map(|(_, value)| value);
    let unchanged = known.is_some() && etag == known.as_ref();
    let mut response = Response::builder().status(if unchanged { 304 } else { status });
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(Body::from(if unchanged { vec![] } else { body })).expect("a response")
}

/// Keeps tokio's paused clock from advancing by itself: it does not while a blocking task runs.
struct PausedClock {
    _end: std::sync::mpsc::Sender<()>,
}

impl PausedClock {
    fn begin() -> Self {
        let (_end, ended) = std::sync::mpsc::channel::<()>();
        tokio::task::spawn_blocking(move || ended.recv());
        Self { _end }
    }
}

/// The issuer, its service and their clocks.
pub(crate) struct World {
    pub(crate) url: String,
    pub(crate) service: Issuer,
    site: Arc<Site>,
    server: Mutex<JoinHandle<()>>,
    clock: Arc<AtomicI64>,
    _paused: PausedClock,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|options| options).await
    }

    pub(crate) async fn with(choose: impl FnOnce(Options) -> Options) -> Self {
        let paused = PausedClock::begin();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let site = Arc::new(Site::default());
        let server = Mutex::new(spawn(listener, &site));
        let clock = Arc::new(AtomicI64::new(NOW.0));
        let hands = Arc::clone(&clock);
        let options = Options::default().clock(move || NumericDate(hands.load(Ordering::SeqCst)));
        let service = Issuer::with(&url, [AUDIENCE], choose(options)).expect("an issuer");
        let world = Self { url, service, site, server, clock, _paused: paused };
        world.respond(METADATA, world.metadata());
        world.respond(JWKS, our_keys());
        world
    }

    pub(crate) fn metadata(&self) -> Reply {
        let url = &self.url;
        Reply::ok(json!({"issuer": url, "jwks_uri": format!("{url}{JWKS}")}).to_string())
    }

    pub(crate) fn respond(&self, path: &str, reply: Reply) {
        self.site.replies.lock().expect("a lock").insert(path.to_owned(), reply);
    }

    /// The number of requests to a path.
    pub(crate) fn requests(&self, path: &str) -> usize {
        self.site.requests.borrow().iter().filter(|(asked, _)| asked == path).count()
    }

    /// From now on, connections stay open.
    pub(crate) fn keep_connections(&self) {
        self.site.keeps_connections.store(true, Ordering::SeqCst);
    }

    /// The number of connections so far.
    pub(crate) fn connections(&self) -> usize {
        self.site.connections.load(Ordering::SeqCst)
    }

    /// The number of all requests.
    pub(crate) fn all_requests(&self) -> usize {
        self.site.requests.borrow().len()
    }

    /// The `If-None-Match` of the last request to a path.
    pub(crate) fn if_none_match(&self, path: &str) -> Option<String> {
        let requests = self.site.requests.borrow();
        requests.iter().rfind(|(asked, _)| asked == path).and_then(|(_, known)| known.clone())
    }

    /// Waits until a path has had so many requests.
    pub(crate) async fn until_requested(&self, path: &str, times: usize) {
        let mut asked = self.site.requests.subscribe();
        let enough = |asked: &Vec<(String, Option<String>)>| {
            asked.iter().filter(|(asked, _)| asked == path).count() >= times
        };
        asked.wait_for(enough).await.expect("the issuer is there");
    }

    /// Moves both clocks.
    pub(crate) async fn advance(&self, seconds: u64) {
        self.clock.fetch_add(i64::try_from(seconds).expect("a short time"), Ordering::SeqCst);
        tokio::time::advance(Duration::from_secs(seconds)).await;
    }

    /// Suspends the machine for so long: its wall clock runs, its monotonic clock stops.
    pub(crate) fn suspend(&self, seconds: i64) {
        self.set_back(-seconds);
    }

    /// Sets the wall clock back, at the issuer and at the service.
    pub(crate) fn set_back(&self, seconds: i64) {
        self.clock.fetch_sub(seconds, Ordering::SeqCst);
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.load(Ordering::SeqCst)
    }

    /// Stops the issuer: its port refuses connections.
    pub(crate) async fn take_down(&self) {
        let server =
            std::mem::replace(&mut *self.server.lock().expect("a lock"), tokio::spawn(async {}));
        server.abort();
        let _ = server.await;
    }

    /// Restarts it on the same port.
    pub(crate) async fn bring_back(&self) {
        let address = self.url.strip_prefix("http://").expect("our own URL");
        let listener = TcpListener::bind(address).await.expect("the same port");
        *self.server.lock().expect("a lock") = spawn(listener, &self.site);
    }

    /// Claims of a token that is valid now, and does not expire during a test.
    pub(crate) fn claims(&self) -> Value {
        let mut claims = claims();
        claims["iss"] = json!(self.url);
        claims["exp"] = json!(NOW.0 + 1_000_000);
        claims
    }

    /// A token signed by the issuer's first key.
    pub(crate) fn token(&self) -> String {
        token(super::header().to_string(), self.claims().to_string())
    }

    /// A token signed by another key.
    pub(crate) fn token_by(&self, pair: &EcdsaKeyPair) -> String {
        signed_by(pair, "at+jwt", &self.claims())
    }

    pub(crate) fn list_uri(&self) -> String {
        self.uri_of(LIST)
    }

    /// The URI of the list at this path.
    pub(crate) fn uri_of(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// A token with this index in a list.
    pub(crate) fn token_at(&self, uri: &str, idx: u64) -> String {
        let mut claims = self.claims();
        claims["status"] = json!({"status_list": {"idx": idx, "uri": uri}});
        token(super::header().to_string(), claims.to_string())
    }

    /// Claims of a list of eight sessions, issued now, in which those of `byte` are revoked.
    pub(crate) fn list_claims(&self, byte: u8) -> Value {
        json!({
            "sub": self.list_uri(), "iat": self.now(),
            "status_list": {"bits": 1, "lst": deflated(&[byte])},
        })
    }

    pub(crate) fn publish(&self, claims: &Value) {
        self.respond(LIST, Reply::ok(list_token(claims)));
    }

    /// Publishes a list of eight sessions at another path.
    pub(crate) fn publish_at(&self, path: &str, byte: u8) {
        let mut claims = self.list_claims(byte);
        claims["sub"] = json!(self.uri_of(path));
        self.respond(path, Reply::ok(list_token(&claims)));
    }

    pub(crate) async fn verify(&self, token: &str) -> Result<AccessToken, VerifyError> {
        self.service.verify(token).await
    }

    pub(crate) async fn verdict(&self, token: &str) -> Result<(), VerifyError> {
        self.verify(token).await.map(|_| ())
    }

    /// Verifies until this verdict, while a fetch runs in the background.
    pub(crate) async fn until(&self, token: &str, verdict: Result<(), VerifyError>) {
        while self.verdict(token).await != verdict {
            tokio::task::yield_now().await;
        }
    }
}

fn spawn(listener: TcpListener, site: &Arc<Site>) -> JoinHandle<()> {
    let router = Router::new().fallback(serve).with_state(Arc::clone(site));
    let site = Arc::clone(site);
    let listener = listener.tap_io(move |_| {
        site.connections.fetch_add(1, Ordering::SeqCst);
    });
    tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") })
}

pub(crate) fn our_keys() -> Reply {
    Reply::ok(KeySet::default().with(public_key()).to_jwks())
}

/// Our key and another one.
pub(crate) fn keys_with(pair: &EcdsaKeyPair) -> Reply {
    Reply::ok(KeySet::default().with(public_key()).with(public_half(pair)).to_jwks())
}

pub(crate) fn signed_by(pair: &EcdsaKeyPair, typ: &str, claims: &Value) -> String {
    let header = json!({"typ": typ, "alg": "ES256", "kid": public_half(pair).kid()});
    let input = format!("{}.{}", b64(header.to_string()), b64(claims.to_string()));
    let signature = sign_with(pair, &input);
    format!("{input}.{}", b64(signature))
}

pub(crate) fn list_token(claims: &Value) -> String {
    token(super::list_header().to_string(), claims.to_string())
}
