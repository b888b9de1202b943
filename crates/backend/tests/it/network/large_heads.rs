//! Request heads too large for the parser: the cookies of other programs never lock a browser out, and any other
//! excess gets a readable response.

use shared::path::{DEVICES_COOKIE, REFRESH_COOKIE, SIGNED_IN_COOKIE};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{connected, heard, listening};
use crate::site::built;
use crate::support::{Browser, PASSWORD, TestApp};

/// As many cookies, each as large, as a browser stores for a site.
fn others() -> String {
    (0..177).map(|at| format!("other{at:03}={}; ", "y".repeat(4_000))).collect()
}

/// A server with pages. Dropping the folder removes the site.
async fn with_pages() -> (TestApp, TempDir) {
    let site = built();
    let app = TestApp::with(&["--site", site.path().to_str().expect("UTF-8")]).await;
    (app, site)
}

/// A browser's cookies before, between or behind those of other programs on its host.
fn cookies(browser: &Browser) -> [String; 3] {
    let names = [REFRESH_COOKIE, SIGNED_IN_COOKIE, DEVICES_COOKIE];
    let [refresh, hint, devices] =
        names.map(|name| format!("{name}={}", browser.cookie(name).unwrap_or_default()));
    let others = others();
    [
        format!("{refresh}; {hint}; {devices}; {others}z=1"),
        format!("{refresh}; {others}{hint}; {devices}"),
        format!("{others}{devices}; {hint}; {refresh}"),
    ]
}

/// A browser's request, the last one of its connection.
fn request(line: &str, more: &str, cookies: &str, body: &str) -> String {
    let same_origin = "sec-fetch-site: same-origin\r\norigin: http://localhost:3000\r\n";
    let length = if body.is_empty() && line.starts_with("GET") {
        String::new()
    } else {
        format!("content-length: {}\r\n", body.len())
    };
    format!(
        "{line} HTTP/1.1\r\nhost: localhost:3000\r\nconnection: close\r\n{same_origin}{more}{length}\
         cookie: {cookies}\r\n\r\n{body}"
    )
}

#[tokio::test]
async fn pages_and_calls_are_answered_however_many_cookies_come_along() {
    let (app, _site) = with_pages().await;
    let alice = app.registered("alice").await;
    let listening = listening(&app).await;
    let bearer = format!("authorization: Bearer {}\r\n", alice.access_token());
    for cookies in cookies(&alice) {
        for (line, more, status) in [
            ("GET /login", "", "200"),
            ("GET /account", "", "200"),
            ("GET /assets/baton-0123.css", "", "200"),
            ("GET /health/live", "", "200"),
            ("GET /api/me", "", "401"),
            ("GET /api/me", bearer.as_str(), "200"),
            ("POST /no/such/page", "", "405"),
        ] {
            let said = request(line, more, &cookies, "");
            let text = heard(connected(&listening, said.as_bytes()).await).await;
            assert!(text.starts_with(&format!("HTTP/1.1 {status} ")), "{line}: {text:.300}");
            assert!(!text.contains("set-cookie") && !text.contains("clear-site-data"), "{line}");
        }
        let text = request("GET /account", "", &cookies, "");
        let page = heard(connected(&listening, text.as_bytes()).await).await;
        assert!(page.contains("data-signed-in-hint=\"true\""), "the hint is read: {page:.800}");
    }
}

#[tokio::test]
async fn login_refresh_and_logout_work_however_many_cookies_come_along() {
    let app = TestApp::in_memory().await;
    let listening = listening(&app).await;
    let json = "content-type: application/json\r\n";
    let login = format!(r#"{{"email":"alice@example.com","password":"{PASSWORD}"}}"#);
    app.registered("alice").await;
    for place in 0..3 {
        let alice = app.logged_in("alice").await;
        let said = request("POST /api/auth/refresh", "", &cookies(&alice)[place], "");
        let text = heard(connected(&listening, said.as_bytes()).await).await;
        assert!(text.starts_with("HTTP/1.1 200 "), "{text:.300}");

        // The device is known, so its cookie is not set again.
        let alice = app.logged_in("alice").await;
        let said = request("POST /api/auth/login", json, &cookies(&alice)[place], &login);
        let text = heard(connected(&listening, said.as_bytes()).await).await;
        assert!(text.starts_with("HTTP/1.1 200 "), "{text:.300}");
        assert!(!text.contains(DEVICES_COOKIE), "{text:.900}");
        alice.me().await.assert_problem(401, "invalid_token");

        let alice = app.logged_in("alice").await;
        let said = request("POST /api/auth/logout", "", &cookies(&alice)[place], "");
        let text = heard(connected(&listening, said.as_bytes()).await).await;
        assert!(text.starts_with("HTTP/1.1 204 "), "{text:.300}");
        assert!(text.contains("session-ended: ?1"), "{text:.900}");
        assert!(text.contains(&format!("{REFRESH_COOKIE}=; ")), "{text:.900}");
        alice.me().await.assert_problem(401, "invalid_token");
    }
}

#[tokio::test]
async fn a_connection_that_is_kept_alive_is_filtered_from_head_to_head() {
    let app = TestApp::in_memory().await;
    let listening = listening(&app).await;
    let alice = app.registered("alice").await;
    let head = |line: &str, more: &str| {
        let cookies = &cookies(&alice)[2];
        format!("{line} HTTP/1.1\r\nhost: localhost\r\n{more}cookie: {cookies}\r\n\r\n")
    };
    // A body that looks like a head of many cookies is not filtered, so the next request begins where it should. Its
    // size limit still holds.
    let body = &head("GET /health/live", "")[..16_000];
    let json = format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len());
    let said = [
        head("GET /health/live", ""),
        head("GET /api/me", ""),
        head("POST /api/auth/login", &json),
        body.to_owned(),
        head("POST /api/auth/logout", "content-length: 0\r\n"),
        head("GET /health/live", "connection: close\r\n"),
    ];
    let text = heard(connected(&listening, said.concat().as_bytes()).await).await;
    let statuses: Vec<&str> = text.split("HTTP/1.1 ").skip(1).map(|answer| &answer[..3]).collect();
    assert_eq!(statuses, ["200", "401", "400", "204", "200"], "{text:.2000}");
}

/// A link can make any browser send a long URL: the response must clear no cookie.
#[tokio::test]
async fn an_address_that_is_too_long_clears_nothing() {
    let (app, _site) = with_pages().await;
    let alice = app.registered("alice").await;
    let listening = listening(&app).await;
    let refresh = format!("{REFRESH_COOKIE}={}", alice.refresh_token());
    for kilobytes in [5, 17, 23, 30, 200] {
        let line = format!("GET /login?next=/{}", "y".repeat(kilobytes * 1024));
        for (more, says) in [("accept: text/html\r\n", "<h1>"), ("", "uri_too_long")] {
            let said = request(&line, more, &refresh, "");
            let text = heard(connected(&listening, said.as_bytes()).await).await;
            assert!(text.starts_with("HTTP/1.1 414 "), "{kilobytes}: {text:.300}");
            assert!(text.contains(says), "{kilobytes}: {text:.900}");
            assert!(!text.contains("set-cookie") && !text.contains("clear-site-data"), "{text}");
        }
    }
    alice.refresh().await.assert_ok();
}

/// An extension or a proxy can add a large header.
#[tokio::test]
async fn a_header_that_is_too_large_is_answered_with_a_page_or_a_problem_and_clears_nothing() {
    let (app, _site) = with_pages().await;
    let alice = app.registered("alice").await;
    let listening = listening(&app).await;
    let refresh = format!("{REFRESH_COOKIE}={}", alice.refresh_token());
    for kilobytes in [17, 23, 30, 200, 1_000] {
        let large = format!("x-added: {}\r\n", "y".repeat(kilobytes * 1024));
        for (line, accept, says) in [
            ("GET /login", "accept: text/html,*/*;q=0.8\r\n", "<h1>"),
            ("GET /login", "accept: */*\r\n", "header_fields_too_large"),
            ("GET /api/me", "accept: text/html\r\n", "header_fields_too_large"),
            ("POST /api/auth/logout", "accept: text/html\r\n", "header_fields_too_large"),
        ] {
            let said = request(line, &format!("{accept}{large}"), &refresh, "");
            let text = heard(connected(&listening, said.as_bytes()).await).await;
            assert!(text.starts_with("HTTP/1.1 431 "), "{kilobytes} {line}: {text:.300}");
            assert!(text.contains(says), "{kilobytes} {line}: {text:.900}");
            assert!(!text.contains("set-cookie") && !text.contains("clear-site-data"), "{text}");
            assert!(text.contains("content-security-policy: default-src 'none'"), "{text:.900}");
        }
    }
    alice.refresh().await.assert_ok();
}

/// More cookies than any browser stores.
#[tokio::test]
async fn beyond_a_mebibyte_of_cookies_the_parser_refuses_the_request() {
    let app = TestApp::in_memory().await;
    let listening = listening(&app).await;
    let said = request("GET /health/live", "", &others().repeat(2), "");
    let stream = connected(&listening, b"").await;
    let (mut read, mut write) = stream.into_split();
    // The server does not read all of it.
    tokio::spawn(async move { write.write_all(said.as_bytes()).await });
    let mut start = [0; 13];
    read.read_exact(&mut start).await.expect("an answer");
    assert_eq!(&start, b"HTTP/1.1 431 ");
}
