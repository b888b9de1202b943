//! One server that issues access tokens and protects its own calls with them, without a network:
//!
//! ```sh
//! cargo run -p baton-verifier --example issue_and_protect --features axum
//! TOKEN=$(curl -s -X POST http://127.0.0.1:3003/token)
//! curl -i http://127.0.0.1:3003/                                                   # hello
//! curl -i http://127.0.0.1:3003/hello -H "Authorization: Bearer $TOKEN"            # hello, and whom
//! curl -i -X DELETE http://127.0.0.1:3003/session -H "Authorization: Bearer $TOKEN"    # then 401
//! ```
#![forbid(unsafe_code)]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::rand::{self, SystemRandom};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{delete, get, post};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;
use verifier::axum::{Bearer, RequireToken};
use verifier::local::Issuer;
use verifier::{KeySet, NumericDate, PublicKey, SessionId, Status, UserId};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// `iss`, and the one audience.
const ISSUER: &str = "http://127.0.0.1:3003";
const TOKEN_SECONDS: i64 = 900;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3003").await?;
    axum::serve(listener, router(system_clock)?).await?;
    Ok(())
}

/// The half of the server that signs.
struct Signer {
    kid: String,
    key: EncodingKey,
    now: fn() -> NumericDate,
}

impl Signer {
    fn issue(&self, sub: UserId, sid: SessionId) -> Result<String, Failure> {
        let mut header = Header::new(Algorithm::ES256);
        // RFC 9068 section 2.1: the type keeps other kinds of JWT from being taken for this one.
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some(self.kid.clone());
        let now = (self.now)();
        let claims = json!({
            "iss": ISSUER, "aud": ISSUER, "sub": sub, "sid": sid, "client_id": "web",
            "jti": SessionId::from_bytes(random()?), "iat": now, "exp": now.plus(TOKEN_SECONDS),
            "auth_time": now, "amr": ["pwd"],
        });
        Ok(jsonwebtoken::encode(&header, &claims, &self.key)?)
    }
}

/// The sessions revoked within the life of an access token.
type Revoked = Arc<Mutex<BTreeSet<SessionId>>>;

#[derive(Clone)]
struct Server {
    signer: Arc<Signer>,
    revoked: Revoked,
}

pub(crate) fn router(now: fn() -> NumericDate) -> Result<Router, Failure> {
    // A real server keeps its key where only it can read; with a new one, all tokens of before are refused.
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new())?;
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref())?;
    let public = PublicKey::from_uncompressed_point(pair.public_key().as_ref())?;
    let (kid, key) = (public.kid().to_owned(), EncodingKey::from_ec_der(pkcs8.as_ref()));
    let server = Server { signer: Arc::new(Signer { kid, key, now }), revoked: Revoked::default() };

    let revoked = Arc::clone(&server.revoked);
    let issuer = Issuer::new(ISSUER, [ISSUER], KeySet::default().with(public), now);
    let issuer = issuer.status(move |token| {
        let revoked = revoked.lock().unwrap_or_else(PoisonError::into_inner);
        Some(if revoked.contains(&token.sid) { Status::Invalid } else { Status::Valid })
    });

    let for_users = Router::new()
        .route("/hello", get(hello))
        .route("/session", delete(log_out))
        .route_layer(RequireToken::from(&issuer));
    let for_visitors_too =
        Router::new().route("/", get(greet)).route_layer(RequireToken::from(&issuer).optional());
    let router = Router::new().route("/token", post(log_in));
    Ok(router.merge(for_users).merge(for_visitors_too).with_state(server))
}

/// A real server verifies a password first, and answers with a refresh token as well.
async fn log_in(State(server): State<Server>) -> Result<String, StatusCode> {
    let issued = || {
        let (user, session) = (UserId::from_bytes(random()?), SessionId::from_bytes(random()?));
        server.signer.issue(user, session)
    };
    issued().map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

async fn hello(Bearer(token): Bearer) -> String {
    format!("hello, {}\n", token.sub)
}

async fn greet(bearer: Option<Bearer>) -> String {
    bearer.map_or_else(|| "hello\n".to_owned(), |Bearer(token)| format!("hello, {}\n", token.sub))
}

async fn log_out(State(server): State<Server>, Bearer(token): Bearer) -> StatusCode {
    server.revoked.lock().unwrap_or_else(PoisonError::into_inner).insert(token.sid);
    StatusCode::NO_CONTENT
}

fn random() -> Result<[u8; 16], Failure> {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes)?;
    Ok(bytes)
}

#[expect(clippy::disallowed_methods, reason = "the clock of the program; tests have their own")]
fn system_clock() -> NumericDate {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    NumericDate(i64::try_from(now.unwrap_or_default().as_secs()).unwrap_or(i64::MAX))
}
