//! A retry that arrives while the first request is still running waits for its response, with a deadline.

use std::time::Duration;

use serde_json::json;
use shared::path;
use tokio::time::{Instant, timeout};

use super::{KEY, OTHER_KEY};
use crate::support::{PASSWORD, Place, TestApp};
use backend::auth::idempotency::KeyedRequest;
use verifier::IdempotencyKey;

fn keyed(key: &str) -> KeyedRequest {
    KeyedRequest::new(&IdempotencyKey::parse(key).expect("a key"), &[b"a request"])
}

#[tokio::test]
async fn a_copy_waits_for_the_first_and_no_other_request_does() {
    let app =
        TestApp::over(backend::store::open("memory:").await.expect("a store"), Place::Memory, &[])
            .await;
    let keys = app.app.idempotency.clone();
    let first = keys.under_way(Some(&keyed(KEY))).await.expect("nothing is under way");
    let other = keys.under_way(Some(&keyed(OTHER_KEY))).await;
    assert!(other.is_ok() && keys.under_way(None).await.is_ok());
    let body = json!({"email": "alice@example.com", "password": PASSWORD});
    let browser = app.browser();
    let copy = browser.post_with(KEY, path::REGISTER, body);
    tokio::pin!(copy);
    assert!(timeout(Duration::from_millis(100), &mut copy).await.is_err(), "it waits");
    drop(first);
    copy.await.assert_status(201);
}

#[tokio::test(start_paused = true)]
async fn a_copy_waits_no_longer_than_its_own_deadline() {
    let app = TestApp::in_memory().await;
    let keys = app.app.idempotency.clone();
    let _first = keys.under_way(Some(&keyed(KEY))).await.expect("nothing is under way");
    let began = Instant::now();
    let body = json!({"email": "alice@example.com", "password": PASSWORD});
    let copy = app.browser().post_with(KEY, path::REGISTER, body).await;
    copy.assert_problem(503, "temporarily_unavailable");
    assert_eq!(copy.header("retry-after"), Some("1"));
    assert!(began.elapsed() < Duration::from_secs(10), "within the handler's time");
}
