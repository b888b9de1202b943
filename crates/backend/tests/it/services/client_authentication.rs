//! Client authentication of services (RFC 6749 section 2.3.1) at introspection and revocation: in the header or in
//! the form, never in both.

use axum::http;
use serde_json::json;
use shared::path::{EVENTS, INTROSPECT, REVOKE};
use url::form_urlencoded::Serializer;

use super::{basic, form, service_secret};
use crate::support::{Answer, ORIGIN, TestApp, on_every_store, on_every_store_with};

/// Where a client puts its credentials.
#[derive(Debug, Clone, Copy)]
enum Method {
    /// `client_secret_basic`.
    Basic,
    /// `client_secret_post`.
    Post,
}

const BOTH: [Method; 2] = [Method::Basic, Method::Post];

/// A call with a token and credentials.
async fn call(
    app: &TestApp,
    path: &str,
    method: Method,
    (id, secret): (&str, &str),
    token: &str,
) -> Answer {
    match method {
        Method::Basic => {
            form(app, path, Some(&basic(id, secret)), &parameters(&[("token", token)])).await
        }
        Method::Post => {
            let all = [("token", token), ("client_id", id), ("client_secret", secret)];
            form(app, path, None, &parameters(&all)).await
        }
    }
}

fn parameters(all: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(all).finish()
}

/// RFC 6749 section 5.2.
#[track_caller]
fn assert_invalid_client(answer: &Answer, what: &str) {
    assert_eq!(answer.status, 401, "{what}: {answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/json"), "{what}");
    let json = answer.json();
    assert_eq!((&json["error"], &json["code"]), (&json!("invalid_client"), &json["error"]));
    let challenge = answer.header("www-authenticate").expect("a challenge");
    assert!(challenge.starts_with("Basic "), "{what}: {challenge}");
}

#[track_caller]
fn assert_refused_with_400(answer: &Answer, error: &str) {
    answer.assert_status(400);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let json = answer.json();
    assert_eq!(json["error"], error, "{json}");
    assert!(json["detail"].is_string(), "{json}");
}

/// RFC 7009 section 2.1: the client authenticates, and revokes a token that was issued for it.
#[tokio::test]
async fn a_service_introspects_and_revokes_with_credentials_in_the_header_or_the_form() {
    on_every_store(async |app| {
        app.registered("alice").await;
        let secret = service_secret(&app, "notes", ORIGIN).await;
        let notes = ("notes", &*secret);
        for method in BOTH {
            let (alice, other) = (app.logged_in("alice").await, app.logged_in("alice").await);
            let token = alice.access_token();
            let active = call(&app, INTROSPECT, method, notes, &token).await;
            assert_eq!(active.assert_ok().json()["active"], true, "{method:?}");
            let revoked = call(&app, REVOKE, method, notes, &token).await;
            revoked.assert_ok();
            assert!(revoked.body.is_empty() && revoked.set_cookies().is_empty());
            let over = alice.me().await;
            over.assert_problem(401, "invalid_token");
            assert_eq!(over.json()["ended_because"], "administrator");
            alice.refresh().await.assert_problem(401, "invalid_grant");
            let inactive = call(&app, INTROSPECT, method, notes, &token).await;
            assert_eq!(inactive.json(), json!({ "active": false }));
            // RFC 7009 section 2.2: neither a repeat nor an invalid token is an error.
            for token in [&*token, "garbage"] {
                call(&app, REVOKE, method, notes, token).await.assert_ok();
            }
            other.me().await.assert_ok();
            // No logout of the user's, and not at an address of theirs.
            let page = other.call(http::Method::GET, EVENTS, None).await.assert_ok().json();
            let event = &page["events"][0];
            assert_eq!(event["kind"], "session_ended");
            assert_eq!((&event["cause"], &event["ip"]), (&json!("administrator"), &json!(null)));
        }
    })
    .await;
}

/// As its bearer can: the session lives for longer than its access tokens.
#[tokio::test]
async fn a_service_revokes_by_an_expired_access_token() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let secret = service_secret(&app, "notes", ORIGIN).await;
        app.clock.advance(3_600);
        let token = alice.access_token();
        call(&app, REVOKE, Method::Post, ("notes", &secret), &token).await.assert_ok();
        alice.refresh().await.assert_problem(401, "invalid_grant");
    })
    .await;
}

/// oauth4webapi and others encode every sign for a header, Authlib and requests-oauthlib none.
#[tokio::test]
async fn credentials_in_a_header_are_read_alike_whether_they_were_encoded_or_not() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    for number in 0..32 {
        let id = format!("service-{number}");
        let secret = service_secret(&app, &id, ORIGIN).await;
        // Decoding a form's value changes none of these.
        assert!(secret.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_".contains(&it)));
        let token = alice.access_token();
        for (id, secret) in [(encoded(&id), encoded(&secret)), (id, secret)] {
            let answer = call(&app, INTROSPECT, Method::Basic, (&id, &secret), &token).await;
            assert_eq!(answer.assert_ok().json()["active"], true);
        }
    }
}

#[tokio::test]
async fn wrong_credentials_are_refused_wherever_they_stand_and_revoke_nothing() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let (token, secret) = (alice.access_token(), service_secret(&app, "notes", ORIGIN).await);
        let secret = secret.as_str();
        let wrong = [
            ("notes", "wrong"),
            ("notes", ""),
            ("another", secret),
            ("NOTES", secret),
            ("", secret),
            ("", ""),
            ("a\u{0}b", "wrong"),
        ];
        for path in [INTROSPECT, REVOKE] {
            for (method, wrong) in BOTH.into_iter().flat_map(|it| wrong.map(|wrong| (it, wrong))) {
                // A token that is unknown, or missing, makes no difference.
                for token in [&*token, "garbage", ""] {
                    let answer = call(&app, path, method, wrong, token).await;
                    assert_invalid_client(&answer, &format!("{path} {method:?} {wrong:?}"));
                }
            }
            let token = ("token", &*token);
            for body in [
                parameters(&[token, ("client_secret", secret)]),
                // A method that the metadata does not list (RFC 7523).
                parameters(&[token, ("client_id", "notes"), ("client_assertion", "a.b.c")]),
            ] {
                assert_invalid_client(&form(&app, path, None, &body).await, &body);
            }
            for header in ["Basic", "Basic !", "Basic bm90ZXM=", "Bearer a.b.c"] {
                let answer = form(&app, path, Some(header), &parameters(&[token])).await;
                assert_invalid_client(&answer, header);
            }
        }
        alice.me().await.assert_ok();
        alice.refresh().await.assert_ok();
    })
    .await;
}

/// RFC 6749 section 2.3: a client MUST NOT use more than one method; section 5.2: `invalid_request`.
#[tokio::test]
async fn two_methods_in_one_request_are_an_error_even_if_both_are_right() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let (token, secret) = (alice.access_token(), service_secret(&app, "notes", ORIGIN).await);
    let (right, wrong) = (basic("notes", &secret), basic("notes", "wrong"));
    let (right, wrong) = (Some(right.as_str()), Some(wrong.as_str()));
    let (token, id) = (("token", token.as_str()), ("client_id", "notes"));
    let (secret, assertion) = (("client_secret", secret.as_str()), ("client_assertion", "a.b.c"));
    let cases = [
        (right, vec![token, id, secret]),
        (right, vec![token, id, ("client_secret", "wrong")]),
        (wrong, vec![token, id, secret]),
        (right, vec![token, assertion]),
        (None, vec![token, id, secret, assertion]),
        // One client in the header, another in the form.
        (right, vec![token, ("client_id", "another")]),
    ];
    for path in [INTROSPECT, REVOKE] {
        for (header, form_parameters) in &cases {
            let answer = form(&app, path, *header, &parameters(form_parameters)).await;
            assert_refused_with_400(&answer, "invalid_request");
        }
        // Its name beside the header is no second method.
        let named = parameters(&[("token", "garbage"), id]);
        form(&app, path, right, &named).await.assert_ok();
    }
    alice.me().await.assert_ok();
    alice.refresh().await.assert_ok();
}

/// RFC 7009 section 2.1: a token that was issued for another client is refused, and no state changes.
#[tokio::test]
async fn a_service_revokes_no_token_of_another_audience_and_no_refresh_token() {
    let audience = &["--audience", "https://a.example,https://b.example"];
    on_every_store_with(audience, async |app| {
        let alice = app.registered("alice").await;
        let a = service_secret(&app, "a", "https://a.example").await;
        let c = service_secret(&app, "c", "https://c.example").await;
        let (token, ticket) = (alice.access_token(), alice.refresh_token());
        let mut forged = ticket.clone();
        forged.replace_range(30..31, if &forged[30..31] == "A" { "B" } else { "A" });
        for method in BOTH {
            let foreign = call(&app, REVOKE, method, ("c", &c), &token).await;
            assert_refused_with_400(&foreign, "unauthorized_client");
            assert_eq!(foreign.json()["code"], "unauthorized_client");
            // Nor does it learn whether a refresh token is one.
            let refused = call(&app, REVOKE, method, ("a", &a), &ticket).await;
            assert_refused_with_400(&refused, "unauthorized_client");
            let guessed = call(&app, REVOKE, method, ("a", &a), &forged).await;
            assert_eq!(guessed.but_for_its_id(), refused.but_for_its_id());
        }
        alice.me().await.assert_ok();
        alice.refresh().await.assert_ok();
        call(&app, REVOKE, Method::Basic, ("a", &a), &token).await.assert_ok();
        alice.me().await.assert_problem(401, "invalid_token");
    })
    .await;
}

/// The clients that tokens are issued to are public ones: each names itself, or not, and has no secret.
#[tokio::test]
async fn without_credentials_possession_of_a_token_revokes_and_does_not_introspect() {
    on_every_store(async |app| {
        app.registered("alice").await;
        for id in [None, Some("baton-web"), Some("another")] {
            let alice = app.logged_in("alice").await;
            let ticket = alice.refresh_token();
            let id = id.map(|id| ("client_id", id));
            let body = [Some(("token", &*ticket)), id].into_iter().flatten().collect::<Vec<_>>();
            let body = parameters(&body);
            assert_invalid_client(&form(&app, INTROSPECT, None, &body).await, &body);
            alice.me().await.assert_ok();
            form(&app, REVOKE, None, &body).await.assert_ok();
            alice.me().await.assert_problem(401, "invalid_token");
        }
    })
    .await;
}
