//! Refusals and introspection requests leave a line with what, for whom and from where; a flood of them leaves a
//! count (ASVS 5.0.0 V16.3.1 to V16.3.3).

use axum::body::Body;
use axum::http::Method;
use backend::telemetry::{AT_ONCE, Due};
use serde_json::{Value, json};
use shared::path;

use crate::services::{form, service};
use crate::support::{Browser, Log, ORIGIN, TestApp, on_every_store};

const HERE: &str = "203.0.113.9";

/// The fields of the only line of this kind.
#[track_caller]
fn only(log: &Log, event: &str) -> Value {
    let log = log.objects();
    let lines: Vec<&Value> = log.iter().filter(|line| line["fields"]["event"] == event).collect();
    let [line] = lines[..] else { panic!("{event}: {lines:?}") };
    assert!(line["span"]["id"].is_string() && line["span"]["client"].is_string(), "{line}");
    line["fields"].clone()
}

async fn end(browser: &Browser, session: &Value) -> u16 {
    let path = format!("{}/{}", path::SESSIONS, session.as_str().expect("an id"));
    browser.call(Method::DELETE, &path, None).await.status.as_u16()
}

#[tokio::test]
async fn a_refused_access_token_leaves_a_line_with_the_reason() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        {
            let (log, _, _listening) = Log::of_the_program();
            app.call_me("a.b.c").await.assert_problem(401, "invalid_token");
            let said = only(&log, "access_token_refused");
            assert!(said["rejection"].as_str().is_some_and(|why| !why.is_empty()), "{said}");
        }
        {
            let (log, _, _listening) = Log::of_the_program();
            app.browser().get(path::ME).await.assert_problem(401, "invalid_token");
            let said = only(&log, "access_token_refused");
            assert_eq!(said["rejection"], "no access token was presented");
        }
        let (log, _, _listening) = Log::of_the_program();
        let (token, session) = (alice.access_token(), alice.claims()["sid"].clone());
        alice.logout().await.assert_status(204);
        app.call_me(&token).await.assert_problem(401, "invalid_token");
        let said = only(&log, "access_token_refused");
        assert_eq!((&said["session"], &said["cause"]), (&session, &"logout".into()));
    })
    .await;
}

#[tokio::test]
async fn a_call_from_another_site_leaves_a_line() {
    let (log, _, _listening) = Log::of_the_program();
    let app = TestApp::in_memory().await;
    let request = app.browser().request(Method::POST, path::LOGOUT);
    let foreign = request.header("origin", "https://evil.example");
    app.browser().at(HERE).send(foreign, Body::empty()).await.assert_problem(403, "cross_site");
    only(&log, "cross_site_refused");
    assert!(!log.text().contains("evil.example"), "what a client sends is not quoted");
}

#[tokio::test]
async fn the_id_of_another_users_session_leaves_a_line_with_both() {
    on_every_store(async |app| {
        let (log, _, _listening) = Log::of_the_program();
        let (alice, bob) = (app.registered("alice").await, app.registered("bob").await);
        let named = bob.claims()["sid"].clone();
        assert_eq!(end(&alice, &named).await, 404);
        let said = only(&log, "foreign_session_refused");
        let (user, session) = (&alice.claims()["sub"], &alice.claims()["sid"]);
        assert_eq!((&said["user"], &said["session"], &said["named"]), (user, session, &named));
    })
    .await;
}

#[tokio::test]
async fn a_login_that_is_too_old_leaves_a_line() {
    let (log, _, _listening) = Log::of_the_program();
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    app.clock.advance(901);
    alice.refresh().await.assert_ok();
    let own = alice.claims()["sid"].clone();
    assert_eq!(end(&alice, &own).await, 401);
    assert_eq!(only(&log, "step_up_required")["session"], own);
}

#[tokio::test]
async fn what_services_ask_leaves_a_line_and_so_does_a_service_that_is_none() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let notes = service(&app, "notes", ORIGIN).await;
        let token = format!("token={}", alice.access_token());
        let ask = async |credentials: Option<&str>, body: &str| {
            let (log, _, listening) = Log::of_the_program();
            form(&app, path::INTROSPECT, credentials, body).await;
            drop(listening);
            log
        };
        let said = only(&ask(Some(&notes), &token).await, "introspected");
        assert_eq!((&said["service"], &said["active"]), (&"notes".into(), &true.into()));
        assert_eq!(said["session"], alice.claims()["sid"]);
        let said = only(&ask(Some(&notes), "token=garbage").await, "introspected");
        assert_eq!((&said["service"], &said["active"]), (&"notes".into(), &false.into()));
        // "notes:wrong", and "not an id:wrong".
        let said = only(&ask(Some("Basic bm90ZXM6d3Jvbmc="), &token).await, "service_refused");
        assert_eq!(said["service"], "notes");
        let said = only(&ask(Some("Basic bm90IGFuIGlkOndyb25n"), &token).await, "service_refused");
        assert_eq!(said["service"], Value::Null);
        only(&ask(None, &token).await, "service_refused");
    })
    .await;
}

#[tokio::test]
async fn what_services_revoke_leaves_a_line_with_service_and_session() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let notes = service(&app, "notes", ORIGIN).await;
    let revoke = async |token: String| {
        let (log, _, listening) = Log::of_the_program();
        form(&app, path::REVOKE, Some(&notes), &format!("token={token}")).await;
        drop(listening);
        only(&log, "service_revocation")
    };
    let said = revoke(alice.refresh_token()).await;
    assert_eq!((&said["service"], &said["allowed"]), (&"notes".into(), &false.into()));
    assert_eq!(said["session"], Value::Null);
    let said = revoke(alice.access_token()).await;
    assert_eq!((&said["service"], &said["allowed"]), (&"notes".into(), &true.into()));
    assert_eq!(said["session"], alice.claims()["sid"]);
}

/// An audit line, which is there even if the commit's answer is lost.
#[tokio::test]
async fn what_a_service_revokes_is_in_the_audit_log_before_it_is_done() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let notes = service(&app, "notes", ORIGIN).await;
    let (log, _, _listening) = Log::of_the_program();
    form(&app, path::REVOKE, Some(&notes), &format!("token={}", alice.access_token())).await;
    let lines = log.objects();
    let place = |event: &str| lines.iter().position(|line| line["fields"]["event"] == event);
    let said = place("service_revocation").expect("a line");
    assert_eq!(lines[said]["target"], "backend::auth::audit");
    assert!(Some(said) < place("session_ended"), "{lines:?}");
}

/// RFC 7009 section 2.2 requires 200 for an invalid token; the log records it all the same.
#[tokio::test]
async fn a_revocation_of_what_is_no_token_leaves_a_line() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let (log, _, _listening) = Log::of_the_program();
    form(&app, path::REVOKE, None, "token=a.b.c").await.assert_ok();
    only(&log, "access_token_refused");
    let forged = alice.refresh_token();
    let swapped = if forged.ends_with('A') { "E" } else { "A" };
    let forged = format!("token={}{swapped}", &forged[..forged.len() - 1]);
    form(&app, path::REVOKE, None, &forged).await.assert_ok();
    only(&log, "logout_refused");
    // A refresh token is not a refused access token.
    form(&app, path::REVOKE, None, &format!("token={}", alice.refresh_token())).await.assert_ok();
    only(&log, "logged_out");
    only(&log, "access_token_refused");
}

#[tokio::test]
async fn refused_input_leaves_a_line_with_its_code_and_nothing_of_what_was_sent() {
    let (log, _, _listening) = Log::of_the_program();
    let app = TestApp::in_memory().await;
    let body = json!({"email": "a secret of a user's", "password": "short"});
    app.browser().post(path::REGISTER, body).await.assert_problem(422, "validation_failed");
    assert_eq!(only(&log, "request.refused")["code"], "validation_failed");
    assert!(!log.text().contains("a secret"), "{}", log.text());
}

#[tokio::test]
async fn the_first_lines_are_whole_and_the_others_one_count() {
    let (log, limit, _listening) = Log::of_the_program();
    let app = TestApp::in_memory().await;
    for _ in 0..100 {
        app.call_me("a.b.c").await.assert_problem(401, "invalid_token");
    }
    limit.summarise(Due::Now);
    let log = log.objects();
    let lines = log.iter().filter(|line| line["fields"]["event"] == "access_token_refused");
    let (counts, whole): (Vec<_>, Vec<_>) =
        lines.partition(|line| line["fields"]["count"].is_u64());
    assert_eq!(whole.len(), AT_ONCE as usize);
    assert_eq!(counts.len(), 1);
    assert_eq!(counts[0]["fields"]["count"], 100 - AT_ONCE);
}

/// Lines of the panic hook itself would bypass the queue and are no JSON.
#[test]
fn a_panic_is_one_line_of_the_log() {
    let (log, _, _listening) = Log::of_the_program();
    backend::telemetry::log_panics();
    let panicked = std::panic::catch_unwind(|| panic!("two\nlines"));
    drop(std::panic::take_hook());
    assert!(panicked.is_err());
    let log = log.objects();
    let [line] = &log[..] else { panic!("{log:?}") };
    assert_eq!(line["fields"]["event"], "panicked");
    assert_eq!(line["fields"]["text"], "\"two\\nlines\"");
    let place = line["fields"]["message"].as_str().expect("a message");
    assert!(place.starts_with("panicked at ") && place.contains("counted.rs"), "{place}");
}
