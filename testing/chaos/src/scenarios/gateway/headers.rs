//! The allow-list of response headers for a resource server behind the gateway. The service shares Baton's origin, so
//! a browser would obey its headers as Baton's own: a stub in its place sends every header on which a browser acts,
//! and the edge has to drop all that are not on the list. The headers of the notes service and of Baton have to
//! arrive.

mod table;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use serde_json::json;
use shared::path;

use self::table::{ACTED_ON, Checked, VALUES};
use super::setup::start;
use crate::client::{Client, PASSWORD, from_our_page, refresh_cookie};
use crate::edge::Edge;
use crate::http::{self, Answer, Request};
use crate::route::route_to;
use crate::stub::{Reply, Script, Stub};
use crate::test_env::TestEnv;

/// Headers that the edge itself adds, or needs to transmit the response.
const OF_THE_EDGE: [&str; 5] = [
    "connection",
    "content-security-policy",
    "transfer-encoding",
    "x-content-type-options",
    "x-envoy-upstream-service-time",
];
/// The allow-list of `docs/gateway.md`.
const ALLOWED: [&str; 13] = [
    "allow",
    "cache-control",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "etag",
    "last-modified",
    "location",
    "retry-after",
    "vary",
    "www-authenticate",
    "x-request-id",
];
/// Headers that differ between two responses to the same request.
const OF_ONE_RESPONSE: [&str; 4] = ["date", "location", "x-request-id", "connection"];
/// The request header that selects the stub's response.
const CASE: &str = "x-case";
const TRAILER: &str = "x-trailer-of-the-service";

/// First the stub's responses, then those of the edge itself, of the notes service and of Baton.
pub(crate) async fn run(env: Arc<TestEnv>) -> Result<()> {
    let baton = start(&env).await?;
    let mut client = Client::register(&env, baton.address(), "owner").await?;
    let stub = Stub::start(script()).await?;
    let edge = Edge::start(&env, route_to(&baton)).await?;
    edge.wait_until_accepted(&client.access_token).await?;
    for _ in 0..env.rounds {
        client.login(baton.address()).await?;
        let test = HeaderTest { env: &env, edge: &edge, token: &client.access_token };
        edge.to_service.redirect_to(stub.address());
        test.only_allowed_names_pass(stub.address()).await?;
        test.some_pass_with_harmless_values_only(stub.address()).await?;
        edge.to_service.refuse();
        test.refusals_of_the_edge_are_whole().await?;
        edge.to_service.restore();
        test.the_notes_service_is_heard_in_full().await?;
        test.baton_is_heard_in_full(baton.address(), &client.ticket).await?;
    }
    Ok(())
}

struct HeaderTest<'a> {
    env: &'a TestEnv,
    edge: &'a Edge,
    token: &'a str,
}

impl HeaderTest<'_> {
    /// Names: a header that is not on the list is dropped, in any case, number or position, also in interim responses
    /// and trailers.
    async fn only_allowed_names_pass(&self, stub: SocketAddr) -> Result<()> {
        let request = self.with_token(Request::get(path::NOTES));
        let bare = ask(stub, &request).await?;
        if bare.status != 103 {
            bail!("the control fails: the stub sends no interim response");
        }
        let answer = ask(self.edge.address, &request).await?;
        if answer.status != 200 {
            let status = answer.status;
            self.env.violation(format!("an interim response passes the edge: {status}"));
        }
        let passed: BTreeSet<_> = answer
            .names()
            .filter(|name| !ALLOWED.contains(name) && !OF_THE_EDGE.contains(name))
            .collect();
        self.env.remark(format!("{} of {} headers pass", passed.len(), ACTED_ON.len()));
        if !passed.is_empty() {
            let count = passed.len();
            self.env.violation(format!("{count} headers of a service pass: {passed:?}"));
        }
        if answer.lossy_body().contains(TRAILER) {
            self.env.violation("trailers of a service pass the edge");
        }
        Ok(())
    }

    /// Values: only a redirect within the service, a `Bearer` challenge, and content types of data pass.
    async fn some_pass_with_harmless_values_only(&self, stub: SocketAddr) -> Result<()> {
        for (number, Checked { lines, name, arrives }) in VALUES.iter().enumerate() {
            let request = self.with_token(Request::get(path::NOTES));
            let request = request.header(CASE, number.to_string());
            if ask(stub, &request).await?.header(name).is_none() {
                bail!("the control fails: the stub sends no {name}");
            }
            let answer = ask(self.edge.address, &request).await?;
            let found: Vec<_> = answer.all(name).collect();
            if found != Vec::from_iter(*arrives) {
                self.env.violation(format!("{lines:?} arrives as {found:?}"));
            }
        }
        Ok(())
    }

    /// Envoy's own responses keep what a client needs, and are plain text: a browser runs no script in them.
    async fn refusals_of_the_edge_are_whole(&self) -> Result<()> {
        let refused = ask(self.edge.address, &Request::get(path::NOTES)).await?;
        let challenge = refused.header("www-authenticate").unwrap_or_default();
        if refused.status != 401 || !challenge.starts_with("Bearer ") {
            self.env.violation(format!("no token: {} {challenge:?}", refused.status));
        }
        let down = ask(self.edge.address, &self.with_token(Request::get(path::NOTES))).await?;
        if down.status != 503 {
            self.env.violation(format!("no service: {}", down.status));
        }
        for answer in [refused, down] {
            if answer.header("content-type") != Some("text/plain") {
                self.env.violation(format!("{answer:?} is not text"));
            }
        }
        Ok(())
    }

    /// The same calls with and without the edge: each header of the service arrives.
    async fn the_notes_service_is_heard_in_full(&self) -> Result<()> {
        let note = json!({ "title": "Milk", "text": "" });
        for (request, status) in [
            (Request::get(path::NOTES), 200),
            (Request::post(path::NOTES).json(&note), 201),
            (Request::post(path::NOTES).json(&json!({})), 400),
            (Request::put(path::NOTES).json(&note), 405),
        ] {
            let request = self.with_token(request);
            let direct = ask(self.edge.service.address(), &request).await?;
            if direct.status != status {
                bail!("the notes service answers {} and not {status}", direct.status);
            }
            self.arrives(&direct, &ask(self.edge.address, &request).await?);
        }
        Ok(())
    }

    /// The list is for services: all of Baton's own headers arrive, also those that only it may send.
    async fn baton_is_heard_in_full(&self, baton: SocketAddr, ticket: &str) -> Result<()> {
        let login = json!({ "email": "owner@example.com", "password": PASSWORD });
        let login = from_our_page(self.env, Request::post(path::LOGIN)).json(&login);
        let (direct, through) = (ask(baton, &login).await?, ask(self.edge.address, &login).await?);
        self.arrives_by_name(&direct, &through);
        let logout = |ticket: &str| {
            from_our_page(self.env, Request::post(path::LOGOUT))
                .header("cookie", format!("{}={ticket}", path::REFRESH_COOKIE))
        };
        let ticket_through = refresh_cookie(&through).context("a login through the edge")?;
        let (direct, through) = (
            ask(baton, &logout(ticket)).await?,
            ask(self.edge.address, &logout(ticket_through)).await?,
        );
        if direct.header(path::SESSION_ENDED).is_none() {
            bail!("the control fails: a logout says nothing of its session");
        }
        self.arrives_by_name(&direct, &through);
        for page in [path::HOME_PAGE, path::JWKS] {
            let request = Request::get(page);
            self.arrives_by_name(
                &ask(baton, &request).await?,
                &ask(self.edge.address, &request).await?,
            );
        }
        Ok(())
    }

    fn arrives(&self, direct: &Answer, through: &Answer) {
        self.arrives_by_name(direct, through);
        for name in direct.names().filter(|name| !OF_ONE_RESPONSE.contains(name)) {
            let (sent, arrived) = (direct.header(name), through.header(name));
            if sent != arrived {
                self.env.violation(format!("{name}: {sent:?} arrives as {arrived:?}"));
            }
        }
    }

    fn arrives_by_name(&self, direct: &Answer, through: &Answer) {
        let (status, arrived) = (direct.status, through.status);
        let missing: Vec<_> = direct
            .names()
            .filter(|name| *name != "connection" && through.header(name).is_none())
            .collect();
        if status != arrived || !missing.is_empty() {
            self.env.violation(format!("{status} arrives as {arrived} without {missing:?}"));
        }
    }

    fn with_token(&self, request: Request) -> Request {
        request.header("authorization", format!("Bearer {}", self.token))
    }
}

async fn ask(at: SocketAddr, request: &Request) -> Result<Answer> {
    http::call(at, request).await.map_err(|lost| anyhow::anyhow!(lost.why))
}

/// The stub's response: the case that the request selects, or every header at once.
fn script() -> Script {
    let everything = everything();
    Arc::new(move |head| {
        let case = head.lines().find_map(|line| line.strip_prefix(CASE)?.strip_prefix(": "));
        let case = case.and_then(|number| VALUES.get(number.trim().parse::<usize>().ok()?));
        Reply::Whole(case.map_or_else(|| everything.clone(), Checked::response))
    })
}

/// An interim response, every header in several spellings, and trailers.
fn everything() -> Vec<u8> {
    let lines = ACTED_ON.join("\r\n");
    format!(
        "HTTP/1.1 103 Early Hints\r\nLink: </early>; rel=preload; as=script\r\n\r\n\
         HTTP/1.1 200 OK\r\n{lines}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n\
         2\r\n{{}}\r\n0\r\nServer-Timing: {TRAILER}\r\nSet-Cookie: {TRAILER}=1\r\n\r\n"
    )
    .into_bytes()
}
