//! A browser is refused where refresh tokens are in bodies: a script in a page must never get one.

use axum::http::request::Builder;
use shared::path::{
    self, DEVICES_COOKIE, REFRESH_COOKIE, SEPARATE_DEVICE_COOKIE, SIGNED_IN_COOKIE, at_port,
};

use super::{TODO, client, grant, log_in, logged_in, login_body, post, refresh, send};
use crate::services::FORM;
use crate::support::{Log, ORIGIN, PASSWORD, TestApp, on_every_store};

/// Each alone gives a browser away, this site's pages included.
fn signs() -> Vec<(&'static str, String, &'static str)> {
    let cookie = |name: &str| ("cookie", format!("theme=dark; {name}=x"), "cookie");
    let numbered = format!("{SEPARATE_DEVICE_COOKIE}0a0b0c0d");
    vec![
        ("sec-fetch-site", "same-origin".to_owned(), "sec-fetch-site"),
        ("sec-fetch-site", "cross-site".to_owned(), "sec-fetch-site"),
        ("sec-fetch-site", "none".to_owned(), "sec-fetch-site"),
        ("origin", ORIGIN.to_owned(), "origin"),
        ("origin", "https://evil.example".to_owned(), "origin"),
        ("origin", "null".to_owned(), "origin"),
        cookie(REFRESH_COOKIE),
        cookie(&at_port(REFRESH_COOKIE, 3000)),
        cookie(SIGNED_IN_COOKIE),
        cookie(DEVICES_COOKIE),
        cookie(&numbered),
    ]
}

#[tokio::test]
async fn a_browser_is_refused_and_nothing_happens() {
    on_every_store(async |app| {
        client(&app, TODO).await;
        let alice = app.registered("alice").await;
        let tokens = logged_in(&app, TODO).await;
        let events = alice.events().await;
        for (header, value, _) in signs() {
            let with = |request: Builder| request.header(header, &value);
            let login = with(post(path::NATIVE_LOGIN, "application/json"));
            let login = send(&app, login, login_body(TODO, "alice", PASSWORD)).await;
            let token = with(post(path::TOKEN, FORM));
            let token = send(&app, token, grant(TODO, &tokens.refresh)).await;
            for answer in [login, token] {
                answer.assert_problem(403, "not_for_browsers");
                assert!(answer.set_cookies().is_empty(), "{header}: {value}");
                assert!(answer.json().get("refresh_token").is_none());
            }
        }
        assert_eq!(alice.events().await, events, "no login, and no replay");
        // Had one of them rotated the token, this would be a replay.
        refresh(&app, TODO, &tokens.refresh).await.assert_ok();
    })
    .await;
}

#[tokio::test]
async fn the_log_says_what_gave_the_browser_away() {
    let app = TestApp::in_memory().await;
    client(&app, TODO).await;
    for (header, value, cause) in signs() {
        let (log, _listening) = Log::of_json();
        let request = post(path::TOKEN, FORM).header(header, value);
        send(&app, request, grant(TODO, "x")).await.assert_status(403);
        let line = log.objects().pop().expect("a line");
        assert_eq!(line["fields"]["event"], "browser_refused", "{line}");
        assert_eq!(line["fields"]["cause"], cause, "{line}");
    }
}

/// Node's `fetch` sends `Sec-Fetch-Mode`, and only browsers the rest. Other cookies are not ours.
#[tokio::test]
async fn what_programs_send_as_well_is_no_sign_of_a_browser() {
    let app = TestApp::in_memory().await;
    client(&app, TODO).await;
    app.registered("alice").await;
    for (header, value) in [
        ("sec-fetch-mode", "cors"),
        ("user-agent", "node"),
        ("accept-language", "*"),
        ("referer", "https://app.example/"),
        ("cookie", "theme=dark; session=1"),
    ] {
        let request = post(path::NATIVE_LOGIN, "application/json").header(header, value);
        send(&app, request, login_body(TODO, "alice", PASSWORD)).await.assert_ok();
    }
}

/// A login in a browser replaces its session; this one has none.
#[tokio::test]
async fn a_native_login_leaves_the_browsers_session_alone() {
    on_every_store(async |app| {
        client(&app, TODO).await;
        let alice = app.registered("alice").await;
        log_in(&app, TODO, "alice", PASSWORD).await.assert_ok();
        alice.me().await.assert_ok();
        alice.refresh().await.assert_ok();
    })
    .await;
}
