//! `POST /api/auth/introspect` (RFC 7662).

use std::sync::Arc;
use std::time::Duration;

use backend::store::Change;
use serde_json::{Value, json};
use shared::path::INTROSPECT;

use super::{basic, form, service};
use crate::support::{Answer, Faulty, Frozen, ORIGIN, Place, TestApp, on_every_store};

async fn ask(app: &TestApp, credentials: &str, token: &str) -> Answer {
    form(app, INTROSPECT, Some(credentials), &format!("token={token}")).await
}

#[track_caller]
fn assert_inactive(answer: &Answer) {
    answer.assert_ok();
    // RFC 7662 section 2.2: an inactive token has no other member.
    assert_eq!(answer.json(), json!({ "active": false }));
}

/// RFC 7662 section 2.2: every claim under its name.
#[tokio::test]
async fn introspection_returns_the_claims_of_a_token() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let notes = service(&app, "notes", ORIGIN).await;
        let answer = ask(&app, &notes, &alice.access_token()).await;
        answer.assert_ok();
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let mut expected = alice.claims();
        let claims = expected.as_object_mut().expect("claims");
        claims.remove("status");
        claims.insert("active".to_owned(), Value::Bool(true));
        claims.insert("token_type".to_owned(), json!("Bearer"));
        let one = claims["aud"].take();
        claims.insert("aud".to_owned(), json!([one]));
        let mut said = answer.json();
        // It is there if the session is in memory.
        let username = said.as_object_mut().expect("claims").remove("username");
        assert!(username.is_none_or(|it| it == "alice@example.com"));
        assert_eq!(said, expected);
        // The hint is only a hint, and unknown parameters are ignored (RFC 6749 section 3.2).
        let body = format!("token={}&token_type_hint=refresh_token&more=1", alice.access_token());
        form(&app, INTROSPECT, Some(&notes), &body).await.assert_ok();
    })
    .await;
}

#[tokio::test]
async fn introspection_of_an_invalid_token_returns_inactive_alone() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let other = app.logged_in("alice").await;
        let notes = service(&app, "notes", ORIGIN).await;
        assert_inactive(&ask(&app, &notes, "garbage").await);
        assert_inactive(&ask(&app, &notes, &alice.refresh_token()).await);
        let (rest, end) = alice.access_token().rsplit_once('.').map(own).expect("a token");
        let swapped = if end.starts_with('A') { "B" } else { "A" };
        assert_inactive(&ask(&app, &notes, &format!("{rest}.{swapped}{}", &end[1..])).await);

        let ended = other.access_token();
        other.logout().await.assert_status(204);
        assert_inactive(&ask(&app, &notes, &ended).await);
        app.clock.advance(899);
        assert_eq!(ask(&app, &notes, &alice.access_token()).await.json()["active"], true);
        app.clock.advance(11);
        assert_inactive(&ask(&app, &notes, &alice.access_token()).await);
    })
    .await;
}

/// RFC 7662 section 2.2: `username` is for people. It costs no query, so it is absent where the session's row is not
/// in memory; of an inactive token it would say whose it was.
#[tokio::test]
async fn introspection_names_the_user_from_the_first_call_on() {
    on_every_store(async |app| {
        let notes = service(&app, "notes", ORIGIN).await;
        let alice = app.registered("alice").await;
        for _ in 0..2 {
            let answer = ask(&app, &notes, &alice.access_token()).await;
            answer.assert_ok();
            assert_eq!(answer.json()["username"], "alice@example.com");
            assert_eq!(answer.json()["client_id"], "baton-web");
            alice.refresh().await.assert_ok();
        }
        let token = alice.access_token();
        alice.logout().await.assert_status(204);
        assert_inactive(&ask(&app, &notes, &token).await);
    })
    .await;
}

/// Whether a token is active is known without the row.
#[tokio::test]
async fn a_token_is_active_while_the_name_cannot_be_read() {
    let store = Faulty::new();
    let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
    let notes = service(&app, "notes", ORIGIN).await;
    let _following = app.app.revocation_listener.listen();
    let bob = app.registered("bob").await;
    let mut look_again = tokio::time::interval(Duration::from_millis(5));
    while !app.app.callers.revocations.is_complete() {
        look_again.tick().await;
    }
    store.freeze(Frozen::Sessions, Duration::from_secs(1));
    let answer = ask(&app, &notes, &bob.access_token()).await;
    answer.assert_ok();
    assert_eq!((&answer.json()["active"], answer.json().get("username")), (&json!(true), None));
}

fn own((one, two): (&str, &str)) -> (String, String) {
    (one.to_owned(), two.to_owned())
}

/// RFC 7662 section 4: a service learns only of tokens for its own audience.
#[tokio::test]
async fn a_token_for_another_audience_is_inactive() {
    let app = TestApp::with(&["--audience", "https://a.example,https://b.example"]).await;
    let alice = app.registered("alice").await;
    let (a, c) = (
        service(&app, "a", "https://a.example").await,
        service(&app, "c", "https://c.example").await,
    );
    let answer = ask(&app, &a, &alice.access_token()).await;
    assert_eq!(answer.json()["aud"], json!(["https://a.example", "https://b.example"]));
    assert_inactive(&ask(&app, &c, &alice.access_token()).await);
}

/// RFC 6749 section 5.2: `invalid_client` without valid client credentials.
#[tokio::test]
async fn introspection_without_valid_client_credentials_is_refused() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let notes = service(&app, "notes", ORIGIN).await;
        let body = format!("token={}", alice.access_token());
        let bearer = format!("Bearer {}", alice.access_token());
        let wrong = [
            basic("notes", "wrong"),
            basic("notes", ""),
            basic("nobody", "wrong"),
            basic("", ""),
            "Basic".to_owned(),
            "Basic !".to_owned(),
            "Basic bm90ZXM=".to_owned(),
            bearer,
        ];
        let nothing = form(&app, INTROSPECT, None, &body).await;
        for answer in [nothing].into_iter().chain(
            futures_util::future::join_all(
                wrong.iter().map(|it| form(&app, INTROSPECT, Some(it), &body)),
            )
            .await,
        ) {
            answer.assert_status(401);
            assert_eq!(answer.json()["error"], "invalid_client");
            assert_eq!(answer.json()["code"], "invalid_client");
            assert_eq!(answer.header("content-type"), Some("application/json"));
            let challenge = answer.header("www-authenticate").expect("a challenge");
            assert!(challenge.starts_with("Basic "), "{challenge}");
        }
        app.store.commit(Change::RemoveService("notes".to_owned()), Vec::new()).await.expect("it");
        ask(&app, &notes, &alice.access_token()).await.assert_status(401);
    })
    .await;
}

#[tokio::test]
async fn a_form_that_cannot_be_read_is_an_error() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let notes = service(&app, "notes", ORIGIN).await;
    let token = alice.access_token();
    for body in ["", "token=", "tokens=x", &format!("token={token}&token={token}")] {
        let answer = form(&app, INTROSPECT, Some(&notes), body).await;
        answer.assert_status(400);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let json = answer.json();
        assert_eq!(json["error"], "invalid_request", "{body}");
        // The members of every problem document, beside it.
        assert_eq!((&json["code"], &json["status"]), (&json!("malformed_request"), &json!(400)));
        assert_eq!(json["request_id"].as_str(), answer.header("x-request-id"));
        assert!(json["detail"].is_string(), "{json}");
    }
}

#[tokio::test]
async fn while_storage_fails_introspection_is_503_and_never_wrong() {
    let store = Arc::new(Faulty::default());
    let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
    let alice = app.registered("alice").await;
    let notes = service(&app, "notes", ORIGIN).await;
    store.set_broken(true);
    ask(&app, &notes, &alice.access_token()).await.assert_problem(503, "temporarily_unavailable");
}
