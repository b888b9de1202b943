//! Test support: an issuer on a local port that signs any claims; the service, over a database file of its own; users
//! with access tokens.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use notes::app::AppState;
use notes::dependencies::Dependencies;
use notes::router::router;
use notes::store::Store;
use serde_json::{Value, json};
use shared::NumericDate;
use shared::path::NOTES;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tower::ServiceExt as _;
use verifier::remote::{Issuer, Options};
use verifier::{KeySet, PublicKey, StatusList};

pub(crate) const AUDIENCE: &str = "https://notes.example";
/// The time at which every test begins, in seconds.
pub(crate) const START: i64 = 1_800_000_000;

// The key of RFC 7515 appendix A.3.1.
const X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
const Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
// The issuer's next key: 4, x and y (SEC 1 section 2.3.3).
const NEXT: &str =
    "BAk188fIUVxOEis4Tl9jv1CHCDm0jqvMgz-2U6c535atXhBWQvBX_RF85t9QOqwGOZmgZ0-Bfv4hCeBApvGRx-M";
const D: &str = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI";

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn unb64(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).expect("base64url")
}

fn point() -> Vec<u8> {
    [vec![4], unb64(X), unb64(Y)].concat()
}

fn key() -> PublicKey {
    PublicKey::from_uncompressed_point(&point()).expect("a point")
}

/// The issuer's JWKS: its signing key, and a next key whose private half no longer exists.
pub(crate) fn jwks() -> String {
    let next = PublicKey::from_uncompressed_point(&unb64(NEXT)).expect("a point");
    KeySet::default().with(key()).with(next).to_jwks()
}

/// An issuer: metadata, a JWKS and a status list.
pub(crate) struct TestIssuer {
    pub(crate) url: String,
    revoked: Arc<Mutex<Vec<u64>>>,
}

impl TestIssuer {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let revoked: Arc<Mutex<Vec<u64>>> = Arc::default();
        let metadata = json!({"issuer": url, "jwks_uri": format!("{url}/jwks")}).to_string();
        let (list_url, of_list) = (format!("{url}/status-lists/1"), Arc::clone(&revoked));
        let list = move || async move {
            let revoked = of_list.lock().expect("a lock").clone();
            let list = StatusList::of_revoked(revoked, 64).expect("a short list");
            let status_list = json!({"bits": 1, "lst": list.to_lst()});
            sign(
                "statuslist+jwt",
                &json!({"sub": list_url, "iat": START, "status_list": status_list}),
            )
        };
        let router = Router::new()
            .route("/.well-known/oauth-authorization-server", get(|| async { metadata }))
            .route("/jwks", get(|| async { jwks() }))
            .route("/status-lists/1", get(list));
        tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { url, revoked }
    }

    /// Claims of an access token for a user, with an index in the status list.
    pub(crate) fn claims(&self, user: u8) -> Value {
        json!({
            "iss": self.url, "sub": format!("01890a5d-ac96-774b-bcce-b302099a80{user:02x}"),
            "aud": [AUDIENCE], "exp": START + 10_000_000, "iat": START, "jti": "t",
            "client_id": "browser", "sid": format!("01890a5d-ac96-774b-bcce-b302099a81{user:02x}"),
            "auth_time": START, "amr": ["pwd"],
            "status": {"status_list": {"idx": user, "uri": format!("{}/status-lists/1", self.url)}},
        })
    }

    /// Revokes the session of a user.
    pub(crate) fn revoke(&self, user: u8) {
        self.revoked.lock().expect("a lock").push(user.into());
    }
}

pub(crate) fn sign(typ: &str, claims: &Value) -> String {
    let header = json!({"typ": typ, "alg": "ES256", "kid": key().kid()});
    let input = format!("{}.{}", b64(header.to_string()), b64(claims.to_string()));
    format!("{input}.{}", b64(sign_bytes(input.as_bytes())))
}

/// The issuer's signature of these bytes.
pub(crate) fn sign_bytes(bytes: &[u8]) -> Vec<u8> {
    let pair = EcdsaKeyPair::from_private_key_and_public_key(
        &ECDSA_P256_SHA256_FIXED_SIGNING,
        &unb64(D),
        &point(),
    )
    .expect("the key pair of RFC 7515 appendix A.3");
    pair.sign(&SystemRandom::new(), bytes).expect("a signature").as_ref().to_vec()
}

/// The service over a new database file.
pub(crate) struct TestApp {
    pub(crate) issuer: TestIssuer,
    pub(crate) app: AppState,
    pub(crate) router: Router,
    pub(crate) store: Store,
    clock: Arc<AtomicI64>,
    pub(crate) folder: TempDir,
}

impl TestApp {
    pub(crate) async fn new() -> Self {
        let issuer = TestIssuer::start().await;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite:{}", folder.path().join("notes.db").display());
        let store = Store::open(&url).await.expect("a store");
        let clock = Arc::new(AtomicI64::new(START * 1_000));
        // Each reading advances the clock by a millisecond, so that notes have an order.
        let hands = Arc::clone(&clock);
        let dependencies = Dependencies::with_clock(move || hands.fetch_add(1, Ordering::SeqCst));
        let hands = Arc::clone(&clock);
        let now = move || NumericDate(hands.load(Ordering::SeqCst) / 1_000);
        let verifier =
            Issuer::with(&issuer.url, [AUDIENCE], Options::default().clock(now)).expect("it");
        let app = AppState::new(store.clone(), verifier, dependencies);
        Self { issuer, router: router(app.clone()), app, store, clock, folder }
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.pass(seconds * 1_000);
    }

    pub(crate) fn pass(&self, milliseconds: i64) {
        self.clock.fetch_add(milliseconds, Ordering::SeqCst);
    }

    pub(crate) fn alice(&self) -> User<'_> {
        self.user(1)
    }

    pub(crate) fn bob(&self) -> User<'_> {
        self.user(2)
    }

    /// Alice, after another login.
    pub(crate) fn alice_of_another_session(&self) -> User<'_> {
        let mut claims = self.issuer.claims(1);
        claims["sid"] = json!("01890a5d-ac96-774b-bcce-b302099a82ff");
        User { app: self, token: sign("at+jwt", &claims) }
    }

    fn user(&self, number: u8) -> User<'_> {
        User { app: self, token: sign("at+jwt", &self.issuer.claims(number)) }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("infallible");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("a body");
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8(bytes.into()).expect("UTF-8"),
        }
    }
}

/// A user with an access token.
pub(crate) struct User<'a> {
    app: &'a TestApp,
    token: String,
}

impl User<'_> {
    pub(crate) async fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        self.ask_with(method, path, body, &[]).await
    }

    pub(crate) async fn ask_with(
        &self,
        method: &str,
        path: &str,
        body: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.token));
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.app.send(request.body(Body::from(body.to_owned())).expect("a request")).await
    }

    /// Sends a request with an idempotency key.
    pub(crate) async fn keyed(&self, key: &str, method: &str, path: &str, body: &str) -> Answer {
        self.ask_with(method, path, body, &[("idempotency-key", key)]).await
    }

    pub(crate) async fn list(&self, query: &str) -> Answer {
        self.ask("GET", &format!("{NOTES}{query}"), "").await
    }

    /// Creates a note, within the rate limit, and returns its id.
    pub(crate) async fn note(&self, title: &str, text: &str) -> String {
        self.app.pass(50);
        let written = json!({"title": title, "text": text}).to_string();
        let answer = self.ask("POST", NOTES, &written).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.json()["id"].as_str().expect("an id").to_owned()
    }

    pub(crate) async fn on(&self, method: &str, id: &str, body: &str) -> Answer {
        self.ask(method, &format!("{NOTES}/{id}"), body).await
    }

    /// The titles in a page of the list.
    pub(crate) async fn titles(&self, query: &str) -> Vec<String> {
        let answer = self.list(query).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let list = answer.json();
        let notes = list["notes"].as_array().expect("an array");
        notes.iter().map(|note| note["title"].as_str().expect("a title").to_owned()).collect()
    }
}

/// A response, with its body read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("visible ASCII"))
    }

    #[track_caller]
    pub(crate) fn assert_problem(&self, status: u16, code: &str) -> &Self {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(self.header("cache-control"), Some("no-store"));
        let problem = self.json();
        assert_eq!((&problem["code"], &problem["status"]), (&json!(code), &json!(status)));
        assert_eq!(problem["type"], format!("urn:baton:problem:{code}"));
        assert_eq!(problem["request_id"].as_str(), self.header("x-request-id"));
        assert_eq!(self.header("x-request-id").map(str::len), Some(16));
        self
    }
}
