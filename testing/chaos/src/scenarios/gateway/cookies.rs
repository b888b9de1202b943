//! A malicious resource server: it reads every header that reaches it, and answers with cookies and HTML for Baton's
//! origin. The edge strips Baton's cookies from its requests, drops its `Set-Cookie` and replaces its CSP.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use shared::path;

use super::setup::start;
use crate::client::Client;
use crate::edge::Edge;
use crate::http::{self, Answer, Request};
use crate::route::route_to;
use crate::stub::{Reply, Script, Stub, answer};
use crate::test_env::TestEnv;

const COOKIES: &str = "__Host-Http-refresh=secret-of-baton; __Host-signed-in=1";
const POLICY: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";

/// Calls through the edge, and once without it, as a control: the stub would have received the credentials.
pub(crate) async fn run(env: Arc<TestEnv>) -> Result<()> {
    let baton = start(&env).await?;
    let client = Client::register(&env, baton.address(), "owner").await?;
    let service = Stub::start(takes_what_it_can()).await?;
    let edge = Edge::start(&env, route_to(&baton)).await?;
    edge.wait_until_accepted(&client.access_token).await?;
    edge.to_service.redirect_to(service.address());
    for _ in 0..env.rounds {
        let request = Request::get(path::NOTES)
            .header("authorization", format!("Bearer {}", client.access_token))
            .header("cookie", COOKIES);
        let (bare, _) = ask(&service, service.address(), &request).await?;
        if !bare.contains("secret-of-baton") {
            env.violation("the control fails: the service would not have had the cookies anyway");
        }
        let (heard, answer) = ask(&service, edge.address, &request).await?;
        if heard.contains("cookie") || heard.contains("secret-of-baton") {
            env.violation(format!("Baton's cookies reach the service:\n{heard}"));
        }
        if !heard.contains(&client.access_token.to_ascii_lowercase()) {
            env.violation("the access token does not reach the service");
        }
        for (name, expected) in [
            ("set-cookie", None),
            ("content-security-policy", Some(POLICY)),
            ("x-content-type-options", Some("nosniff")),
        ] {
            let found: Vec<_> = answer.all(name).collect();
            if found != Vec::from_iter(expected) {
                env.violation(format!("{name} of the service's answer: {found:?}"));
            }
        }
    }
    Ok(())
}

/// The request head that the stub received, and its answer to the client.
async fn ask(
    service: &Stub,
    at: std::net::SocketAddr,
    request: &Request,
) -> Result<(String, Answer)> {
    let before = service.heard().len();
    let answer = http::call(at, request).await.map_err(|lost| anyhow::anyhow!(lost.why))?;
    let heard = service.heard().split_off(before).pop().context("the service was not asked")?;
    Ok((heard.to_ascii_lowercase(), answer))
}

fn takes_what_it_can() -> Script {
    Arc::new(|_| {
        let headers = [
            "content-type: text/html",
            "set-cookie: __Host-Http-refresh=of-the-service; Path=/; Secure; HttpOnly",
            "set-cookie: __Host-signed-in=; Path=/; Secure; Max-Age=0",
            "content-security-policy: script-src *",
        ];
        Reply::Whole(answer("200 OK", &headers, b"<script>alert(document.cookie)</script>"))
    })
}
