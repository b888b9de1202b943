//! Two windows, one note: who writes without having seen the other's words is told so.

use serde_json::json;
use shared::path::NOTES;

use crate::support::TestApp;

const MINE: &str = r#"{"title":"Mine","text":""}"#;
const YOURS: &str = r#"{"title":"Yours","text":""}"#;

#[tokio::test]
async fn a_write_replaces_the_version_it_has_seen_and_no_other() {
    let app = TestApp::new().await;
    let alice = app.alice();
    let id = alice.note("Milk", "").await;
    let path = format!("{NOTES}/{id}");
    let seen = alice.on("GET", &id, "").await;
    assert_eq!(seen.header("etag"), Some("\"1\""));

    let first = alice.ask_with("PUT", &path, MINE, &[("if-match", "\"1\"")]).await;
    assert_eq!((first.status, first.header("etag")), (200, Some("\"2\"")));
    let second = alice.ask_with("PUT", &path, YOURS, &[("if-match", "\"1\"")]).await;
    second.assert_problem(412, "precondition_failed");
    assert_eq!(alice.on("GET", &id, "").await.json()["title"], "Mine");

    let third = alice.ask_with("PUT", &path, YOURS, &[("if-match", "\"2\"")]).await;
    assert_eq!((third.status, third.header("etag")), (200, Some("\"3\"")));
}

#[tokio::test]
async fn of_many_writes_at_once_one_takes_place() {
    let app = std::sync::Arc::new(TestApp::new().await);
    let id = app.alice().note("Milk", "").await;
    let mut writes = tokio::task::JoinSet::new();
    for number in 0..20 {
        let (app, path) = (std::sync::Arc::clone(&app), format!("{NOTES}/{id}"));
        writes.spawn(async move {
            let written = json!({"title": number.to_string(), "text": ""}).to_string();
            app.alice().ask_with("PUT", &path, &written, &[("if-match", "\"1\"")]).await.status
        });
    }
    let statuses = writes.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 412).count(), 19, "{statuses:?}");
}

#[tokio::test]
async fn who_does_not_care_may_say_so() {
    let app = TestApp::new().await;
    let alice = app.alice();
    let id = alice.note("Milk", "").await;
    let path = format!("{NOTES}/{id}");
    assert_eq!(alice.on("PUT", &id, MINE).await.status, 200);
    assert_eq!(alice.ask_with("PUT", &path, MINE, &[("if-match", "*")]).await.status, 200);
    assert_eq!(alice.on("GET", &id, "").await.header("etag"), Some("\"3\""));
}

#[tokio::test]
async fn what_is_no_version_is_no_permission() {
    let app = TestApp::new().await;
    let alice = app.alice();
    let id = alice.note("Milk", "").await;
    let path = format!("{NOTES}/{id}");
    for tag in ["1", "\"\"", "W/\"1\"", "\"01\"", "\"+1\"", "\"x\"", "\"1\", \"2\"", ""] {
        let answer = alice.ask_with("PUT", &path, MINE, &[("if-match", tag)]).await;
        answer.assert_problem(400, "malformed_request");
    }
    let twice = [("if-match", "\"1\""), ("if-match", "\"1\"")];
    alice.ask_with("PUT", &path, MINE, &twice).await.assert_problem(400, "malformed_request");
    assert_eq!(alice.on("GET", &id, "").await.json()["title"], "Milk");
}
