//! Idempotency keys: a request that arrives twice has one effect and one answer.

use std::sync::Arc;

use serde_json::json;
use shared::path::NOTES;
use tokio::task::JoinSet;

use crate::support::{Answer, TestApp};

const KEY: &str = "0123456789abcdef";
const OTHER_KEY: &str = "fedcba9876543210";
const THIRD_KEY: &str = "00112233445566778899";
const MILK: &str = r#"{"title":"Milk","text":"two bottles"}"#;
const BREAD: &str = r#"{"title":"Bread","text":"rye"}"#;

/// The parts of an answer that a retry must repeat.
fn said(answer: &Answer) -> (u16, Option<&str>, Option<&str>, &str) {
    (answer.status, answer.header("etag"), answer.header("location"), &answer.body)
}

/// The path of a created note.
fn place(made: &Answer) -> String {
    made.header("location").expect("a place").to_owned()
}

#[tokio::test]
async fn a_note_is_made_once_however_often_its_request_arrives() {
    let app = TestApp::new().await;
    let alice = app.alice();
    let first = alice.keyed(KEY, "POST", NOTES, MILK).await;
    assert_eq!((first.status, first.header("etag")), (201, Some("\"1\"")));
    for _ in 0..7 {
        app.advance(1);
        let copy = alice.keyed(KEY, "POST", NOTES, MILK).await;
        assert_eq!(said(&copy), said(&first));
    }
    let quoted = alice.keyed(&format!("\"{KEY}\""), "POST", NOTES, MILK).await;
    assert_eq!(said(&quoted), said(&first));
    assert_eq!(alice.titles("").await, ["Milk"]);
    // Without a key, or with another key, it is a new request.
    assert_eq!(alice.ask("POST", NOTES, MILK).await.status, 201);
    assert_eq!(alice.keyed(OTHER_KEY, "POST", NOTES, MILK).await.status, 201);
    assert_eq!(alice.titles("").await, ["Milk"; 3]);
}

#[tokio::test]
async fn a_copy_is_answered_as_the_first_was_whatever_became_of_the_note() {
    let app = TestApp::new().await;
    let alice = app.alice();
    let first = alice.keyed(KEY, "POST", NOTES, MILK).await;
    let note = place(&first);
    app.advance(60);
    assert_eq!(alice.ask("PUT", &note, BREAD).await.header("etag"), Some("\"2\""));
    assert_eq!(said(&alice.keyed(KEY, "POST", NOTES, MILK).await), said(&first));
    // With the ETag of that replayed answer, a later change is not overwritten unseen.
    let stale = alice.ask_with("PUT", &note, MILK, &[("if-match", "\"1\"")]).await;
    stale.assert_problem(412, "precondition_failed");
    assert_eq!(alice.titles("").await, ["Bread"]);

    assert_eq!(alice.ask("DELETE", &note, "").await.status, 204);
    assert_eq!(said(&alice.keyed(KEY, "POST", NOTES, MILK).await), said(&first));
    assert_eq!(alice.titles("").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_change_takes_place_once_although_if_match_names_the_version_before() {
    let app = TestApp::new().await;
    let alice = app.alice();
    let note = place(&alice.ask("POST", NOTES, MILK).await);
    app.advance(60);
    let headers = [("if-match", "\"1\""), ("idempotency-key", KEY)];
    let first = alice.ask_with("PUT", &note, BREAD, &headers).await;
    assert_eq!((first.status, first.header("etag")), (200, Some("\"2\"")));
    app.advance(60);
    assert_eq!(said(&alice.ask_with("PUT", &note, BREAD, &headers).await), said(&first));
    assert_eq!(alice.ask("GET", &note, "").await.header("etag"), Some("\"2\""));

    // Also after another change, and after the deletion of the note.
    assert_eq!(alice.ask("PUT", &note, MILK).await.header("etag"), Some("\"3\""));
    assert_eq!(said(&alice.ask_with("PUT", &note, BREAD, &headers).await), said(&first));
    assert_eq!(alice.titles("").await, ["Milk"]);
    assert_eq!(alice.ask("DELETE", &note, "").await.status, 204);
    assert_eq!(said(&alice.ask_with("PUT", &note, BREAD, &headers).await), said(&first));
    alice.ask("GET", &note, "").await.assert_problem(404, "not_found");

    let without_a_key = alice.ask_with("PUT", &note, BREAD, &headers[..1]).await;
    without_a_key.assert_problem(404, "not_found");
}

#[tokio::test]
async fn a_copy_of_a_deletion_is_204_although_the_note_is_gone() {
    let app = TestApp::new().await;
    let alice = app.alice();
    let note = place(&alice.ask("POST", NOTES, MILK).await);
    let headers = [("if-match", "\"1\""), ("idempotency-key", KEY)];
    for _ in 0..3 {
        let answer = alice.ask_with("DELETE", &note, "", &headers).await;
        assert_eq!(said(&answer), (204, None, None, ""));
    }
    alice.ask("DELETE", &note, "").await.assert_problem(404, "not_found");
    alice.keyed(OTHER_KEY, "DELETE", &note, "").await.assert_problem(404, "not_found");
}

#[tokio::test]
async fn a_key_of_another_request_is_422_and_nothing_changes() {
    let app = TestApp::new().await;
    let alice = app.alice();
    let first = alice.keyed(KEY, "POST", NOTES, MILK).await;
    let note = place(&first);
    let spaced = format!("{MILK} ");
    let never = format!("{NOTES}/01890a5d-ac96-774b-bcce-b302099a8057");
    let unconditional: &[(&str, &str)] = &[];
    let stale: &[(&str, &str)] = &[("if-match", "\"7\"")];
    for (method, path, body) in [
        ("POST", NOTES, BREAD),
        ("POST", NOTES, &spaced),
        ("PUT", &note, MILK),
        ("PUT", &never, MILK),
        ("DELETE", &note, ""),
        ("DELETE", &never, ""),
    ] {
        for more in [unconditional, stale] {
            let headers = [more, &[("idempotency-key", KEY)]].concat();
            let answer = alice.ask_with(method, path, body, &headers).await;
            // The list has no version, so `If-Match` refuses each request to it.
            match (path, more) {
                (NOTES, [_]) => answer.assert_problem(412, "precondition_failed"),
                _ => answer.assert_problem(422, "idempotency_key_reused"),
            };
        }
    }
    assert_eq!(alice.titles("").await, ["Milk"]);
    assert_eq!(alice.ask("GET", &note, "").await.header("etag"), Some("\"1\""));
    assert_eq!(said(&alice.keyed(KEY, "POST", NOTES, MILK).await), said(&first));
}

#[tokio::test]
async fn a_key_of_another_user_is_422_and_a_users_own_is_good_after_the_next_login() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice(), app.bob());
    let first = alice.keyed(KEY, "POST", NOTES, MILK).await;
    let note = place(&first);
    for (method, path, body) in [("POST", NOTES, MILK), ("PUT", &note, MILK), ("DELETE", &note, "")]
    {
        let answer = bob.keyed(KEY, method, path, body).await;
        answer.assert_problem(422, "idempotency_key_reused");
        assert!(!answer.body.contains("Milk"), "{}", answer.body);
    }
    assert_eq!(bob.titles("").await, Vec::<String>::new());
    let again = app.alice_of_another_session().keyed(KEY, "POST", NOTES, MILK).await;
    assert_eq!(said(&again), said(&first));
    assert_eq!(alice.titles("").await, ["Milk"]);
}

#[tokio::test]
async fn a_malformed_key_is_an_error_and_nothing_changes() {
    let app = TestApp::new().await;
    let alice = app.alice();
    let note = place(&alice.ask("POST", NOTES, MILK).await);
    let long = "a".repeat(129);
    let malformed: [&[&str]; 6] = [
        &[""],
        &["short"],
        &[long.as_str()],
        &["0123456789 abcdef"],
        &[KEY, KEY],
        &[KEY, OTHER_KEY],
    ];
    for keys in malformed {
        let headers: Vec<_> = keys.iter().map(|key| ("idempotency-key", *key)).collect();
        for (method, path, body) in
            [("POST", NOTES, BREAD), ("PUT", &note, BREAD), ("DELETE", &note, "")]
        {
            let answer = alice.ask_with(method, path, body, &headers).await;
            answer.assert_problem(400, "malformed_request");
        }
        // A read ignores the key.
        assert_eq!(alice.ask_with("GET", &note, "", &headers).await.status, 200);
    }
    assert_eq!(alice.titles("").await, ["Milk"]);
}

#[tokio::test]
async fn copies_that_arrive_at_once_have_one_effect_and_one_answer() {
    let app = Arc::new(TestApp::new().await);
    let note = at_once(&app, "POST", NOTES, MILK, &[("idempotency-key", KEY)]).await;
    let note = place(&note);
    assert_eq!(app.alice().titles("").await, ["Milk"]);

    let headers = [("if-match", "\"1\""), ("idempotency-key", OTHER_KEY)];
    let changed = at_once(&app, "PUT", &note, BREAD, &headers).await;
    assert_eq!((changed.status, changed.header("etag")), (200, Some("\"2\"")));
    assert_eq!(app.alice().ask("GET", &note, "").await.header("etag"), Some("\"2\""));

    let headers = [("if-match", "\"2\""), ("idempotency-key", THIRD_KEY)];
    let deleted = at_once(&app, "DELETE", &note, "", &headers).await;
    assert_eq!(deleted.status, 204);
    assert_eq!(app.alice().titles("").await, Vec::<String>::new());
}

/// The answer to a request of Alice's that arrives 20 times concurrently.
async fn at_once(
    app: &Arc<TestApp>,
    method: &'static str,
    path: &str,
    body: &'static str,
    headers: &[(&'static str, &'static str)],
) -> Answer {
    app.advance(60);
    let mut calls = JoinSet::new();
    for _ in 0..20 {
        let (app, path, headers) = (Arc::clone(app), path.to_owned(), headers.to_vec());
        calls.spawn(async move { app.alice().ask_with(method, &path, body, &headers).await });
    }
    let mut answers = calls.join_all().await;
    let first = answers.pop().expect("20 answers");
    for answer in &answers {
        assert_eq!(said(answer), said(&first));
    }
    first
}

#[tokio::test]
async fn a_refused_request_leaves_its_key_unused() {
    let app = TestApp::new().await;
    let alice = app.alice();
    let note = place(&alice.ask("POST", NOTES, MILK).await);
    for (version, status) in [("\"9\"", 412), ("\"1\"", 200)] {
        let headers = [("if-match", version), ("idempotency-key", KEY)];
        assert_eq!(alice.ask_with("PUT", &note, BREAD, &headers).await.status, status);
    }
    let invalid = json!({"title": "", "text": ""}).to_string();
    alice.keyed(OTHER_KEY, "POST", NOTES, "{").await.assert_problem(400, "malformed_request");
    alice.keyed(OTHER_KEY, "POST", NOTES, &invalid).await.assert_problem(422, "validation_failed");
    assert_eq!(alice.keyed(OTHER_KEY, "POST", NOTES, MILK).await.status, 201);
    let never = format!("{NOTES}/01890a5d-ac96-774b-bcce-b302099a8057");
    alice.keyed(THIRD_KEY, "DELETE", &never, "").await.assert_problem(404, "not_found");
    alice.keyed(THIRD_KEY, "PUT", &never, MILK).await.assert_problem(404, "not_found");
    assert_eq!(alice.keyed(THIRD_KEY, "DELETE", &note, "").await.status, 204);
    assert_eq!(alice.titles("").await, ["Milk"]);
}
