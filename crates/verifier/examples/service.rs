//! A complete resource server behind a Baton on http://localhost:3000. With one running (`cargo xtask run`):
//!
//! ```sh
//! cargo run -p baton-verifier --example service --features axum,remote
//! curl -i http://127.0.0.1:3001/hello                                       # 401
//! curl -i http://127.0.0.1:3001/hello -H "Authorization: Bearer $TOKEN"     # hello
//! curl -i http://127.0.0.1:3001/secret -H "Authorization: Bearer $TOKEN"    # 401 five minutes later
//! ```
#![forbid(unsafe_code)]

use axum::Router;
use axum::routing::get;
use verifier::axum::{Bearer, BearerFor, Demand, RequireToken};
use verifier::remote::Issuer;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The issuer's `iss`, and the audience of this service in `aud`.
    let issuer = Issuer::new("http://localhost:3000", ["http://localhost:3000"])?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3001").await?;
    axum::serve(listener, router(&issuer)).await?;
    Ok(())
}

pub(crate) fn router(issuer: &Issuer) -> Router {
    Router::new()
        .route("/hello", get(hello))
        .route("/secret", get(secret))
        .layer(RequireToken::from(issuer))
}

async fn hello(Bearer(token): Bearer) -> String {
    format!("hello, {}\n", token.sub)
}

/// Demands a login within the last five minutes (step-up).
struct RecentLogin;

impl Demand for RecentLogin {
    const RECENT_LOGIN_SECONDS: Option<u32> = Some(300);
}

async fn secret(BearerFor { token, .. }: BearerFor<RecentLogin>) -> String {
    format!("it was you, {}\n", token.sub)
}
