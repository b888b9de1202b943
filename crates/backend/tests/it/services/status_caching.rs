//! Status lists in caches: how often a list is made, for how long it may be kept, and when a copy still is the list
//! (RFC 9110 section 13, RFC 9111, RFC 5861).

use std::time::Duration;

use axum::body::Body;
use axum::http::Method;
use shared::path;
use tokio::time::advance;

use super::status_list::{list, reference};
use crate::support::{Answer, Browser, TestApp, on_every_store};

/// The list, if it is another one than that with this tag.
async fn unless(app: &TestApp, number: u8, tag: &str) -> Answer {
    let request = app.browser().request(Method::GET, &path::status_list(number));
    app.browser().send(request.header("if-none-match", tag), Body::empty()).await
}

/// The entity tag of a list that is made now.
async fn tag(app: &TestApp, number: u8) -> String {
    advance(Duration::from_millis(1_001)).await;
    let list = app.browser().get(&path::status_list(number)).await;
    list.assert_ok().header("etag").expect("an entity tag").to_owned()
}

/// A list that has no session of this browser's.
fn another_list(browser: &Browser) -> u8 {
    reference(browser).0 % 128 + 1
}

/// All requests within a second get the same cached list.
#[tokio::test(start_paused = true)]
async fn a_list_is_made_once_a_second_at_most() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let get = async |number: u8| app.browser().get(&path::status_list(number)).await.body;
    let own = reference(&alice).0;
    let (first, whole) = (get(own).await, get(0).await);
    alice.copied().logout().await.assert_status(204);
    assert_eq!((get(own).await, get(0).await), (first.clone(), whole.clone()));
    advance(Duration::from_millis(1_001)).await;
    assert!(get(own).await != first && get(0).await != whole);
}

#[tokio::test(start_paused = true)]
async fn a_cache_may_keep_a_list_for_its_ttl_and_in_an_outage_until_it_expires() {
    let app = TestApp::in_memory().await;
    for number in [1, 0] {
        let list = app.browser().get(&path::status_list(number)).await;
        assert_eq!(
            list.assert_ok().header("cache-control"),
            Some("public, max-age=2, stale-if-error=238")
        );
        let tag = list.header("etag").expect("an entity tag");
        assert!(tag.starts_with("W/\"") && tag.ends_with('"'), "{tag}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_has_not_changed_is_not_sent_again() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let (own, other) = (reference(&alice).0, another_list(&alice));
    let (before, elsewhere) = (tag(&app, own).await, tag(&app, other).await);
    let empty = list(&app, own).await.list;
    for known in [before.clone(), before.replace("W/", ""), format!("\"x\", {before}"), "*".into()]
    {
        // Another token, with the same bits.
        advance(Duration::from_millis(1_001)).await;
        let answer = unless(&app, own, &known).await;
        answer.assert_status(304);
        assert_eq!(answer.body, "");
        assert_eq!(answer.header("etag"), Some(before.as_str()), "{known}");
        assert_eq!(answer.header("cache-control"), Some("public, max-age=2, stale-if-error=238"));
    }
    alice.copied().logout().await.assert_status(204);
    let after = tag(&app, own).await;
    assert_ne!(after, before);
    assert!(list(&app, own).await.list != empty, "the session is in it");
    unless(&app, own, &before).await.assert_ok();
    unless(&app, own, &after).await.assert_status(304);
    unless(&app, other, &elsewhere).await.assert_status(304);
    // The session leaves the list with its last token.
    app.clock.advance(1_000);
    advance(Duration::from_millis(1_001)).await;
    assert!(list(&app, own).await.list == empty, "its bits are those of before");
}

/// So a copy that is revalidated for hours always has minutes left until its `exp`.
#[tokio::test(start_paused = true)]
async fn a_tag_lasts_a_minute() {
    let app = TestApp::in_memory().await;
    let first = tag(&app, 1).await;
    app.clock.advance(59);
    assert_eq!(tag(&app, 1).await, first);
    app.clock.advance(1);
    assert_ne!(tag(&app, 1).await, first);
}

/// A balancer sends a service to any of them.
#[tokio::test]
async fn instances_agree_on_the_tag() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        alice.copied().logout().await.assert_status(204);
        let there = app.another_instance().await;
        let own = reference(&alice).0;
        let list = app.browser().get(&path::status_list(own)).await;
        let tag = list.header("etag").expect("an entity tag");
        unless(&there, own, tag).await.assert_status(304);
    })
    .await;
}
