//! Where secrets appear in responses, log and database, and where they must not.

mod keys;

use axum::http::Method;
use shared::path;

use crate::support::{Answer, Browser, Log, PASSWORD, TestApp};

const NEW: &str = "marble heron beyond tuesday";

/// Asserts that the response issues the browser's ticket in its cookie alone.
#[track_caller]
fn assert_gives_out(answer: &Answer, browser: &Browser) {
    let ticket = browser.refresh_token();
    assert!(answer.set_cookies().iter().any(|cookie| cookie.value() == ticket), "{answer:?}");
    assert_hides(answer, &ticket);
}

#[track_caller]
fn assert_hides(answer: &Answer, ticket: &str) {
    // The first 21 bytes of a ticket are public; the rest alone is a credential.
    for piece in [ticket, &ticket[28..]] {
        assert!(!answer.body.contains(piece), "{}", answer.body);
        for (name, value) in &answer.headers {
            let text = value.to_str().expect("visible ASCII");
            assert!(name == "set-cookie" || !text.contains(piece), "{name}: {text}");
        }
    }
}

#[tokio::test]
async fn the_refresh_token_appears_in_set_cookie_only() {
    let app = TestApp::in_memory().await;
    let alice = app.browser();
    assert_gives_out(&alice.register("alice").await, &alice);
    assert_gives_out(&alice.login("alice", PASSWORD).await, &alice);
    assert_gives_out(&alice.refresh().await, &alice);
    assert_gives_out(&alice.refresh_with("attempt-key-number-1").await, &alice);
    assert_gives_out(&alice.confirm(PASSWORD).await, &alice);
    assert_gives_out(&alice.change_password(PASSWORD, NEW).await, &alice);
    let ticket = alice.refresh_token();
    let (get, patch) = (Method::GET, Method::PATCH);
    for answer in [
        alice.me().await,
        alice.call(get.clone(), path::SESSIONS, None).await,
        alice.call(get, path::EVENTS, None).await,
        alice.call(patch, path::ME, None).await,
        alice.refresh_with("bad").await,
        alice.confirm("a wrong password, mistyped").await,
        alice.change_password("a wrong password, mistyped", NEW).await,
        alice.logout().await,
    ] {
        assert!(answer.set_cookies().iter().all(|cookie| cookie.value() != ticket));
        assert_hides(&answer, &ticket);
    }
}

#[tokio::test]
async fn the_access_token_appears_in_the_body_only() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let answer = alice.refresh().await;
    assert!(answer.body.contains(&alice.access_token()));
    assert!(
        answer
            .headers
            .values()
            .all(|value| !value.to_str().expect("visible ASCII").contains("eyJ"))
    );
}

/// A dump of the database contains no usable token and no password.
#[tokio::test]
async fn the_database_holds_nothing_that_opens_anything() {
    let app = TestApp::on_disk().await;
    let alice = app.registered("alice").await;
    let mut secrets = secrets_of(&alice);
    alice.refresh_with("attempt-key-number-1").await.assert_ok();
    secrets.extend(secrets_of(&alice));
    secrets.extend(["attempt-key-number-1".to_owned(), PASSWORD.to_owned()]);
    app.store.close().await;

    let dump = app.dump().await;
    assert!(contains(&dump, b"alice@example.com"), "the dump is of the right database");
    for secret in secrets {
        assert!(!contains(&dump, secret.as_bytes()), "{secret}");
    }
}

fn secrets_of(browser: &Browser) -> Vec<String> {
    let (access, refresh) = (browser.access_token(), browser.refresh_token());
    // The signature or MAC alone is secret, too: the first 21 bytes of a ticket are public.
    vec![
        access.rsplit('.').next().expect("a signature").to_owned(),
        refresh[28..].to_owned(),
        access,
        refresh,
    ]
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[tokio::test]
async fn no_log_line_holds_a_secret_and_every_event_has_one() {
    let (log, _listening) = Log::of_text();
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let mut secrets = vec![PASSWORD.to_owned(), "attempt-key-number-1".to_owned()];
    secrets.extend(secrets_of(&alice));
    let thief = alice.copied();
    alice.refresh_with("attempt-key-number-1").await.assert_ok();
    secrets.extend(secrets_of(&alice));
    alice.get(&format!("{}?access_token={}", path::ME, alice.access_token())).await;
    app.logged_in("alice").await.logout().await;
    app.browser().login("alice", "a wrong password, mistyped").await;
    secrets.push("a wrong password, mistyped".to_owned());
    thief.refresh().await;
    let other = app.logged_in("alice").await;
    other.confirm(PASSWORD).await.assert_ok();
    secrets.extend(secrets_of(&other));
    other.change_password(PASSWORD, NEW).await.assert_status(204);
    secrets.extend(secrets_of(&other));
    secrets.push(NEW.to_owned());

    let text = log.text();
    for secret in secrets {
        assert!(!text.contains(&secret), "{secret}");
    }
    for event in ["registered", "refreshed", "logged_in", "logged_out", "login_failed", "replayed"]
    {
        let line = text
            .lines()
            .find(|line| line.contains(&format!("event=\"{event}\"")))
            .unwrap_or_else(|| panic!("no {event} in {text}"));
        assert!(line.contains("request{id=") && line.contains("user="), "{line}");
    }
}
