//! A whole service behind a Baton on http://localhost:3000. With one running (`cargo xtask run`):
//!
//! ```sh
//! cargo run -p verifier --example service --features axum
//! curl -i http://127.0.0.1:3001/hello                                       # 401
//! curl -i http://127.0.0.1:3001/hello -H "Authorization: Bearer $TOKEN"     # hello
//! ```
#![forbid(unsafe_code)]

use axum::Router;
use axum::routing::get;
use verifier::axum::{Bearer, RequireToken};
use verifier::remote::Issuer;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // What the issuer calls itself, and what it calls us: `iss` and `aud` of its tokens.
    let issuer = Issuer::new("http://localhost:3000", ["http://localhost:3000"])?;
    let anybody = Router::new().route("/hello", get(hello));
    let lately = Router::new().route("/secret", get(hello));
    let router = Router::new()
        .merge(anybody.layer(RequireToken::from(&issuer)))
        .merge(lately.layer(RequireToken::from(&issuer).recent_login(300)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3001").await?;
    axum::serve(listener, router).await?;
    Ok(())
}

async fn hello(Bearer(token): Bearer) -> String {
    format!("hello, {}\n", token.sub)
}
