//! Events per account are bounded: the newest of each kind are kept, older ones are evicted.

use axum::http::Method;
use backend::store::EVENTS_KEPT;
use serde_json::Value;
use shared::{EventId, path};

use super::rename;
use crate::support::{Browser, START, on_every_store_with};

/// Well over the bound, by several times the lag of eviction.
const SENT: u32 = EVENTS_KEPT + 200;

/// The oldest are evicted; other kinds and other accounts lose none.
#[tokio::test]
async fn an_account_keeps_its_newest_events_of_each_kind() {
    on_every_store_with(&["--limits", "off"], async |app| {
        let alice = app.registered("alice").await;
        let bob = app.registered("bob").await;
        rename(&bob, "Bob").await.assert_status(204);
        for number in 0..SENT {
            // Two per second, so that one access token is valid throughout.
            app.clock.advance(i64::from(number % 2));
            rename(&alice, &format!("Alice {number}")).await.assert_status(204);
        }
        let renamed = events(&alice, Some("name_changed")).await;
        for (age, event) in (0..).zip(&renamed) {
            let at = START.plus(i64::from((SENT - age) / 2));
            assert_eq!(event["at"], at.0, "the newest, without a gap: {age}");
        }
        let later = renamed.iter().position(makes_room).expect("one in 32 does");
        assert_eq!(renamed.len(), EVENTS_KEPT as usize + later);
        assert_eq!(events(&alice, Some("registered")).await.len(), 1);
        assert_eq!(events(&bob, Some("name_changed")).await.len(), 1);
        assert_eq!(events(&alice, None).await.len(), renamed.len() + 1);
    })
    .await;
}

/// One event in 32, by its id, triggers the eviction; until then a few too many are kept.
fn makes_room(event: &Value) -> bool {
    let id: EventId = event["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    id.as_bytes()[15].is_multiple_of(32)
}

/// All pages of these events, newest first.
async fn events(browser: &Browser, kind: Option<&str>) -> Vec<Value> {
    let (mut events, mut before) = (Vec::new(), Value::Null);
    loop {
        let mut query = vec![];
        query.extend(kind.map(|kind| format!("kind={kind}")));
        query.extend(before.as_str().map(|before| format!("before={before}")));
        let path = format!("{}?{}", path::EVENTS, query.join("&"));
        let page = browser.call(Method::GET, &path, None).await.assert_ok().json();
        events.extend(page["events"].as_array().expect("events").iter().cloned());
        before = page["next"].clone();
        if before.is_null() {
            return events;
        }
    }
}
