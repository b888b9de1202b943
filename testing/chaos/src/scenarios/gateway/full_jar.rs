//! A full cookie jar: as many cookies of other programs on the host as a browser keeps, with Baton's own in the
//! middle. Through the edge the browser gets a page, refreshes, reads notes and logs out: no path answers 431 for
//! cookies (decision 33). A head that is still too large gets Baton's own 431 page.

use std::sync::Arc;

use anyhow::Result;
use serde_json::json;
use shared::path;

use super::setup::launch;
use crate::checker;
use crate::client::{Client, from_our_page};
use crate::edge::Edge;
use crate::http::{self, Answer, Request};
use crate::instance::Instance;
use crate::route::route_to;
use crate::test_env::TestEnv;

/// Chromium's and Firefox's limits: cookies per site, and bytes of one cookie's name and value.
const COOKIES: usize = 180;
const COOKIE_BYTES: usize = 4_096;
/// One more header, longer than Baton's limit for all of them.
const TOO_LONG: usize = 100 * 1024;

/// Each round in a new session.
pub(crate) async fn run(env: Arc<TestEnv>) -> Result<()> {
    let launch = launch(&env).with(&["--site", &site(&env)?]);
    let baton = Arc::new(Instance::start(launch).await?);
    let mut client = Client::register(&env, baton.address(), "owner").await?;
    let edge = Edge::start(&env, route_to(&baton)).await?;
    edge.wait_until_accepted(&client.access_token).await?;
    for _ in 0..env.rounds {
        client.login(edge.address).await?;
        let browser = Browser { env: &env, edge: &edge };
        browser.uses_everything(&mut client).await?;
    }
    let bytes = jar(&client.ticket).len();
    env.remark(format!("{} KiB of cookies came along with each request", bytes / 1024));
    checker::check(&env, baton.address(), &mut [client]).await
}

/// A minimal built site: the pages are rendered without its files.
fn site(env: &TestEnv) -> Result<String> {
    let folder = env.folder().join("site");
    std::fs::create_dir_all(folder.join("assets"))?;
    let names = json!({
        "stylesheet": "/assets/a.css", "script": "/assets/a.js", "wasm": "/assets/a.wasm",
    });
    std::fs::write(folder.join("site.json"), names.to_string())?;
    Ok(folder.display().to_string())
}

/// The `Cookie` header, in the order in which the cookies were set.
fn jar(ticket: &str) -> String {
    let other = |number: usize| {
        let name = format!("other-{number:03}");
        let value = "y".repeat(COOKIE_BYTES - name.len());
        format!("{name}={value}")
    };
    let ours =
        [format!("{}={ticket}", path::REFRESH_COOKIE), format!("{}=1", path::SIGNED_IN_COOKIE)];
    let (before, after) = (0..COOKIES / 2, COOKIES / 2..COOKIES - ours.len());
    let all: Vec<_> = before.map(other).chain(ours).chain(after.map(other)).collect();
    all.join("; ")
}

struct Browser<'a> {
    env: &'a TestEnv,
    edge: &'a Edge,
}

impl Browser<'_> {
    async fn uses_everything(&self, client: &mut Client) -> Result<()> {
        let cookies = jar(&client.ticket);
        let page = Request::get(path::HOME_PAGE).header("accept", "text/html");
        if let Some(page) = self.is_answered(200, page.header("cookie", &cookies)).await
            && !page.body.starts_with(b"<!DOCTYPE html>")
        {
            self.env.violation("with a full jar the home page is no page");
        }
        let refresh = from_our_page(self.env, Request::post(path::REFRESH));
        if let Some(grant) = self.is_answered(200, refresh.header("cookie", &cookies)).await {
            client.settle(Ok(grant))?;
        }
        let cookies = jar(&client.ticket);
        let token = format!("Bearer {}", client.access_token);
        let notes = Request::get(path::NOTES).header("authorization", token);
        self.is_answered(200, notes.header("cookie", &cookies)).await;
        self.what_is_too_large_is_refused_in_words(&cookies).await;
        let logout = from_our_page(self.env, Request::post(path::LOGOUT));
        if let Some(answer) = self.is_answered(204, logout.header("cookie", &cookies)).await {
            client.revoked = true;
            if answer.header(path::SESSION_ENDED) != Some("?1") {
                self.env.violation("with a full jar a logout revoked no session");
            }
        }
        Ok(())
    }

    /// Baton's 431 is a page; the edge's own would be three words.
    async fn what_is_too_large_is_refused_in_words(&self, cookies: &str) {
        let page = Request::get(path::HOME_PAGE).header("accept", "text/html");
        let page = page.header("cookie", cookies).header("x-added", "y".repeat(TOO_LONG));
        if let Some(refusal) = self.is_answered(431, page).await
            && !refusal.body.starts_with(b"<!DOCTYPE html>")
        {
            self.env.violation(format!("a bare 431: {:?}", refusal.lossy_body()));
        }
    }

    /// Calls the edge. Any other status is a violation.
    async fn is_answered(&self, status: u16, request: Request) -> Option<Answer> {
        let what = match http::call(self.edge.address, &request).await {
            Ok(answer) if answer.status == status => return Some(answer),
            Ok(answer) => answer.status.to_string(),
            Err(lost) => lost.why,
        };
        let path = request.path();
        self.env.violation(format!("with a full jar, {path}: {what} instead of {status}"));
        None
    }
}
