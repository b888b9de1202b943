//! The quota of a user: 1,000 notes and 10 MB, also under concurrent writes.

use std::sync::Arc;

use serde_json::json;
use shared::note::{MAX_NOTES, MAX_NOTES_BYTES};
use shared::path::NOTES;
use tokio::task::JoinSet;

use crate::support::{TestApp, User};

const NOTE: &str = r#"{"title":"Milk","text":""}"#;
/// The bytes of the longest text, in UTF-8.
const LONGEST: usize = 80_000;

/// A text of so many bytes, in the fewest characters.
fn text(bytes: usize) -> String {
    format!("{}{}", "😀".repeat(bytes / 4), "a".repeat(bytes % 4))
}

/// Creates notes until only `free` bytes of the quota are left.
async fn fill_but(alice: &User<'_>, free: usize) -> Vec<String> {
    let mut left = MAX_NOTES_BYTES as usize - free;
    let mut ids = Vec::new();
    while left > 0 {
        let bytes = left.min(LONGEST + 1);
        ids.push(alice.note("a", &text(bytes - 1)).await);
        left -= bytes;
    }
    ids
}

fn written(title: &str, text: &str) -> String {
    json!({"title": title, "text": text}).to_string()
}

#[tokio::test]
async fn a_user_keeps_1_000_notes_and_no_more_however_many_are_sent_at_once() {
    let app = Arc::new(TestApp::new().await);
    let mut last = String::new();
    for _ in 0..MAX_NOTES - 10 {
        last = app.alice().note("Milk", "").await;
    }
    app.advance(60);
    let mut calls = JoinSet::new();
    for _ in 0..30 {
        let app = Arc::clone(&app);
        calls.spawn(async move { app.alice().ask("POST", NOTES, NOTE).await.status });
    }
    let statuses = calls.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 10, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 20, "{statuses:?}");

    let alice = app.alice();
    let full = alice.ask("POST", NOTES, NOTE).await;
    full.assert_problem(409, "quota_exceeded");
    assert_eq!(full.json()["title"], "Your notes are full.");
    let detail = full.json()["detail"].as_str().expect("how to mend it").to_owned();
    assert!(detail.contains("1,000 notes") && detail.contains("10 MB"), "{detail}");
    // The quota is per user, and deleting a note frees its share.
    assert_eq!(app.bob().ask("POST", NOTES, NOTE).await.status, 201);
    assert_eq!(alice.on("PUT", &last, &written("Bread", "rye")).await.status, 200);
    assert_eq!(alice.on("DELETE", &last, "").await.status, 204);
    assert_eq!(alice.ask("POST", NOTES, NOTE).await.status, 201);
    alice.ask("POST", NOTES, NOTE).await.assert_problem(409, "quota_exceeded");
}

#[tokio::test]
async fn a_user_keeps_10_mb_and_can_always_make_a_note_shorter() {
    let app = TestApp::new().await;
    let alice = app.alice();
    let ids = fill_but(&alice, 5).await;
    let (first, second) = (&ids[0], &ids[1]);
    alice.ask("POST", NOTES, &written("Bread", "a")).await.assert_problem(409, "quota_exceeded");
    assert_eq!(alice.ask("POST", NOTES, &written("Bread", "")).await.status, 201);
    alice.ask("POST", NOTES, &written("a", "")).await.assert_problem(409, "quota_exceeded");

    let longer = written("aa", &text(LONGEST));
    alice.on("PUT", first, &longer).await.assert_problem(409, "quota_exceeded");
    assert_eq!(alice.on("GET", first, "").await.header("etag"), Some("\"1\""));
    // A false precondition is reported before the quota.
    let path = format!("{NOTES}/{first}");
    let stale = alice.ask_with("PUT", &path, &longer, &[("if-match", "\"7\"")]).await;
    stale.assert_problem(412, "precondition_failed");

    assert_eq!(alice.on("PUT", first, &written("b", &text(LONGEST))).await.status, 200);
    assert_eq!(alice.on("PUT", second, &written("b", &text(LONGEST - 4))).await.status, 200);
    assert_eq!(alice.on("PUT", first, &longer).await.status, 200);
}

#[tokio::test]
async fn notes_that_grow_at_once_share_what_is_left() {
    let app = Arc::new(TestApp::new().await);
    let alice = app.alice();
    let mut ids = Vec::new();
    for _ in 0..10 {
        ids.push(alice.note("a", "").await);
    }
    // Room for three of ten to grow by 100 bytes.
    fill_but(&alice, 10 + 350).await;
    app.advance(60);
    let mut calls = JoinSet::new();
    for id in ids {
        let app = Arc::clone(&app);
        let longer = written("a", &text(100));
        calls.spawn(async move { app.alice().on("PUT", &id, &longer).await.status });
    }
    let statuses = calls.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 3, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 7, "{statuses:?}");
}

#[tokio::test]
async fn notes_from_before_there_was_a_quota_are_kept() {
    let app = TestApp::new().await;
    let alice = app.alice();
    let id = alice.note("Milk", "").await;
    let owner = app.issuer.claims(1)["sub"].as_str().expect("a user").to_owned();
    let file = app.folder.path().join("notes.db");
    let earlier = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200) \
         INSERT INTO notes (id, owner, title, text, folded, created_at, changed_at, version) \
         SELECT randomblob(16), x'{}', 'Old', 'old', 'old', 1, 1, 1 FROM n",
        owner.replace('-', "")
    );
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
    let pool = sqlx::SqlitePool::connect_with(options).await.expect("the file");
    sqlx::query(sqlx::AssertSqlSafe(earlier)).execute(&pool).await.expect("notes of earlier");
    alice.ask("POST", NOTES, NOTE).await.assert_problem(409, "quota_exceeded");
    assert_eq!(alice.on("PUT", &id, &written("Bread", "rye, and salt")).await.status, 200);
    assert_eq!(alice.on("DELETE", &id, "").await.status, 204);
}
