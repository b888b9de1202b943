//! Refresh: rotation for an honest client, on good networks and bad ones.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, Method};
use backend::store::Session;
use backend::store::memory::Memory;
use forgery::twin;
use serde_json::json;
use shared::path::{self, REFRESH_COOKIE, SIGNED_IN_COOKIE};

use crate::support::{Place, START, TestApp, on_every_store};

const KEY: &str = "attempt-key-number-1";
const OTHER: &str = "attempt-key-number-2";

#[tokio::test]
async fn a_refresh_rotates_the_cookie() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let before = alice.refresh_token();
    let answer = alice.refresh_with(KEY).await;
    insta::assert_snapshot!(answer.snapshot(), @r#"
    200 OK
    cache-control: no-store
    content-type: application/json
    set-cookie: __Host-Http-refresh=[ticket]; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=604800
    set-cookie: __Host-signed-in=1; SameSite=Lax; Secure; Path=/; Max-Age=604800
    {
      "access_token": "[access_token]",
      "expires_in": 900,
      "session_id": "[session_id]",
      "token_type": "Bearer",
      "user": {
        "email": "alice@example.com",
        "id": "[user/id]",
        "name": "alice"
      }
    }
    "#);
    assert_ne!(alice.refresh_token(), before);
}

#[tokio::test]
async fn a_session_survives_many_refreshes() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let mut seen = vec![alice.refresh_token()];
        for _ in 0..20 {
            app.clock.advance(900);
            alice.refresh().await.assert_ok();
            alice.me().await.assert_ok();
            assert!(!seen.contains(&alice.refresh_token()));
            seen.push(alice.refresh_token());
        }
    })
    .await;
}

#[tokio::test]
async fn a_lost_answer_heals_with_the_same_attempt_key_however_late() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let lost = alice.refresh_and_lose_the_answer(KEY).await;
        app.clock.advance(6 * 86_400);
        let again = alice.refresh_with(KEY).await;
        again.assert_ok();
        let ticket = |answer: &crate::support::Answer| answer.set_cookies()[0].value().to_owned();
        assert_eq!(
            ticket(&lost),
            ticket(&again),
            "the same attempt is answered with the same ticket"
        );
        alice.refresh_with(OTHER).await.assert_ok();
        alice.me().await.assert_ok();
    })
    .await;
}

#[tokio::test]
async fn a_lost_answer_heals_on_another_instance() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        alice.refresh_and_lose_the_answer(KEY).await.assert_ok();
        alice.through(&app.another_instance().await).refresh_with(KEY).await.assert_ok();
        alice.refresh_with(OTHER).await.assert_ok();
    })
    .await;
}

#[tokio::test]
async fn quotes_around_the_attempt_key_do_not_make_it_another() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        alice.refresh_and_lose_the_answer(KEY).await.assert_ok();
        alice.refresh_with(&format!("\"{KEY}\"")).await.assert_ok();
    })
    .await;
}

#[tokio::test]
async fn a_late_copy_of_an_answered_refresh_changes_nothing() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let late = alice.copied();
        alice.refresh_with(KEY).await.assert_ok();
        alice.refresh_with(OTHER).await.assert_ok();
        let answer = late.refresh_with(KEY).await;
        answer.assert_problem(409, "duplicate_attempt");
        assert!(answer.set_cookies().is_empty());
        alice.me().await.assert_ok();
        alice.refresh().await.assert_ok();
    })
    .await;
}

#[tokio::test]
async fn a_malformed_attempt_key_is_an_error_and_changes_nothing() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let before = alice.refresh_token();
        for bad in ["short", "has a blank in the middle", "", "tab\tinside-the-key-here"] {
            alice.refresh_with(bad).await.assert_problem(400, "malformed_request");
        }
        alice.refresh_with(&"x".repeat(129)).await.assert_problem(400, "malformed_request");
        let twice = alice
            .request(Method::POST, path::REFRESH)
            .header("idempotency-key", KEY)
            .header("idempotency-key", OTHER);
        alice.send(twice, Body::empty()).await.assert_problem(400, "malformed_request");
        assert_eq!(alice.refresh_token(), before);
        alice.refresh().await.assert_ok();
    })
    .await;
}

/// Refusals do not reveal their cause: status, every header and the body are the same. A request without a cookie has
/// no session to be disclosed; it gets the same, longer by a `detail`, whatever sessions there are.
#[tokio::test]
async fn every_refused_refresh_gets_one_and_the_same_answer() {
    on_every_store(async |app| {
        let refused = async |token: Option<&str>| {
            let browser = app.browser();
            if let Some(token) = token {
                browser.set_cookie(REFRESH_COOKIE, token);
            }
            let answer = browser.refresh().await;
            answer.assert_problem(401, "invalid_grant");
            assert!(answer.set_cookies().is_empty(), "a refusal leaves the cookies alone");
            answer.but_for_its_id()
        };
        let before = refused(None).await;
        let revoked = app.registered("alice").await;
        let revoked_token = revoked.refresh_token();
        revoked.logout().await.assert_status(204);
        let replayed = app.registered("carol").await;
        let replayed_token = replayed.refresh_token();
        replayed.refresh().await.assert_ok();
        let disabled = app.registered("dave").await.refresh_token();
        app.disable("dave").await;
        let expired = app.registered("bob").await.refresh_token();
        let mut forged = expired.clone();
        forged.replace_range(30..31, if &forged[30..31] == "A" { "B" } else { "A" });

        let any = refused(Some("any-token")).await;
        let nonsense = ["", "garbage", &"A".repeat(71), &forged];
        let known = [&revoked_token, &replayed_token, &replayed_token, &disabled];
        for token in nonsense.into_iter().chain(known.map(String::as_str)) {
            assert_eq!(refused(Some(token)).await, any, "{token}");
        }
        replayed.me().await.assert_problem(401, "invalid_token");
        app.clock.advance(604_800);
        assert_eq!(refused(Some(&expired)).await, any);

        let none = refused(None).await;
        assert_eq!(none, before);
        let [mut none, any] = [none, any].map(|(status, mut headers, body)| {
            headers.retain(|(name, _)| name != "content-length");
            let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
            (status, headers, body)
        });
        let detail = none.2.as_object_mut().expect("a problem").remove("detail");
        let detail = detail.expect("a detail");
        assert!(detail.as_str().is_some_and(|it| it.contains("No refresh cookie")), "{detail}");
        assert_eq!(none, any);
    })
    .await;
}

/// A cookie planted by a sibling domain must not hide ours.
#[tokio::test]
async fn what_other_cookies_hold_does_not_matter() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let other = app.browser();
    let cookies = [
        b"lang=caf\xe9; =; ;;x; ".as_slice(),
        REFRESH_COOKIE.as_bytes(),
        b"=",
        alice.refresh_token().as_bytes(),
        b"; y=\xff",
    ]
    .concat();
    let cookies = HeaderValue::from_bytes(&cookies).expect("bytes of a header");
    other
        .send(other.request(Method::POST, path::REFRESH).header("cookie", cookies), Body::empty())
        .await
        .assert_ok();
}

/// As Java's `CookieManager` sends it (RFC 2965).
#[tokio::test]
async fn quotes_around_the_refresh_token_are_no_part_of_it() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let java = app.browser();
    let refresh = async |cookies: String| {
        let request = java.request(Method::POST, path::REFRESH).header("cookie", cookies);
        java.send(request, Body::empty()).await
    };
    let token = alice.refresh_token();
    for half in [format!("\"{token}"), format!("{token}\""), format!("\"\"{token}\"\"")] {
        let answer = refresh(format!("{REFRESH_COOKIE}={half}")).await;
        answer.assert_problem(401, "invalid_grant");
    }
    let cookies = format!("$Version=\"1\"; {REFRESH_COOKIE}=\"{token}\";$Path=\"/\"");
    refresh(cookies).await.assert_ok();
}

#[tokio::test]
async fn two_refresh_cookies_in_one_request_are_refused() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let token = alice.refresh_token();
    for second in [token.clone(), format!("\"{token}\"")] {
        let twice = app.browser();
        let cookies = format!("{REFRESH_COOKIE}={token}; {REFRESH_COOKIE}={second}");
        let request = twice.request(Method::POST, path::REFRESH).header("cookie", cookies);
        twice.send(request, Body::empty()).await.assert_problem(401, "invalid_grant");
    }
    alice.refresh().await.assert_ok();
}

#[tokio::test]
async fn the_refresh_token_is_taken_from_its_cookie_only() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let token = alice.refresh_token();
    let thief = app.browser();
    thief
        .post(path::REFRESH, json!({"refresh_token": token}))
        .await
        .assert_problem(401, "invalid_grant");
    thief
        .post(&format!("{}?refresh_token={token}", path::REFRESH), json!({}))
        .await
        .assert_problem(401, "invalid_grant");
    alice.refresh().await.assert_ok();
}

#[tokio::test]
async fn a_refresh_takes_no_body() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    alice
        .post(path::REFRESH, json!({"grant_type": "refresh_token"}))
        .await
        .assert_problem(400, "malformed_request");
    let form = alice
        .request(Method::POST, path::REFRESH)
        .header("content-type", "application/x-www-form-urlencoded");
    alice.send(form, Body::from("a=b")).await.assert_problem(415, "unsupported_media_type");
    alice.post(path::REFRESH, json!({})).await.assert_ok();
}

#[tokio::test]
async fn a_session_that_is_not_refreshed_expires() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        app.clock.advance(604_799);
        alice.refresh().await.assert_ok();
        app.clock.advance(604_800);
        alice.refresh().await.assert_problem(401, "invalid_grant");
    })
    .await;
}

/// RFC 10017: rotation never extends the absolute limit.
#[tokio::test]
async fn a_session_expires_at_its_absolute_limit_however_often_it_was_refreshed() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        for _ in 0..29 {
            app.clock.advance(86_400);
            let answer = alice.refresh().await;
            answer.assert_ok();
            let age = answer.set_cookies()[0].max_age().expect("Max-Age").whole_seconds();
            let left = 2_592_000 - app.clock.now().since(START);
            assert_eq!(age, left.min(604_800), "no cookie outlives its session");
        }
        app.clock.advance(86_399);
        let last = alice.refresh().await;
        last.assert_ok();
        assert_eq!(last.json()["expires_in"], 1, "no access token outlives its session");
        app.clock.advance(1);
        alice.refresh().await.assert_problem(401, "invalid_grant");
        alice.me().await.assert_problem(401, "invalid_token");
    })
    .await;
}

/// RFC 8725 section 3.12: a token of one kind never passes as another, not even at its own issuer.
#[tokio::test]
async fn an_access_token_is_no_ticket() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let confused = app.browser();
        for token in [alice.access_token(), twin(&alice.access_token())] {
            confused.set_cookie(REFRESH_COOKIE, &token);
            confused.refresh().await.assert_problem(401, "invalid_grant");
            confused.set_cookie(REFRESH_COOKIE, &token);
            confused.refresh_with(KEY).await.assert_problem(401, "invalid_grant");
        }
        // Nor was it a replay: the session stays active.
        assert_eq!(alice.events().await, ["registered"]);
        alice.refresh().await.assert_ok();
        alice.me().await.assert_ok();
    })
    .await;
}

#[tokio::test]
async fn the_cookies_have_the_attributes_that_protect_them() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let cookies = alice.refresh().await.set_cookies();
    let [refresh, hint] = cookies.as_slice() else { panic!("two cookies, not {cookies:?}") };

    assert_eq!(refresh.name(), REFRESH_COOKIE);
    assert_eq!((refresh.secure(), refresh.http_only()), (Some(true), Some(true)));
    assert_eq!(refresh.same_site(), Some(cookie::SameSite::Strict));
    assert_eq!((refresh.path(), refresh.domain()), (Some("/"), None));
    assert!(refresh.to_string().len() <= 4_096);

    assert_eq!((hint.name(), hint.value()), (SIGNED_IN_COOKIE, "1"));
    assert_eq!((hint.secure(), hint.http_only()), (Some(true), None));
    assert_eq!((hint.path(), hint.domain(), hint.max_age()), (Some("/"), None, refresh.max_age()));
}

/// rotation.md: a database that lost its latest writes must sign no client out.
#[tokio::test]
async fn a_ticket_from_a_lost_future_is_accepted() {
    let memory = Arc::new(Memory::default());
    let app = TestApp::over(memory.clone(), Place::Memory, &[]).await;
    let alice = app.registered("alice").await;
    alice.refresh().await.assert_ok();
    alice.refresh().await.assert_ok();
    // Roll the row back to its state after sign-in.
    let id = alice.me().await.json()["session"]["id"]
        .as_str()
        .expect("an id")
        .parse()
        .expect("a session id");
    let (session, _) = app.store.find_session(id).await.expect("a store").expect("a session");
    let family = rotation::Family::begun(START);
    memory.put_back(&Session { family, ..session });

    alice.refresh_with(KEY).await.assert_ok();
    alice.me().await.assert_ok();
    assert_eq!(alice.events().await[0], "recovered");
    alice.refresh().await.assert_ok();
}
