//! Authorization: no user sees or changes another user's notes.

use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn a_note_of_another_user_is_not_there() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice(), app.bob());
    let id = alice.note("Alice's", "secret").await;
    bob.note("Bob's", "").await;
    let written = json!({"title": "Mine now", "text": ""}).to_string();

    bob.on("GET", &id, "").await.assert_problem(404, "not_found");
    bob.on("PUT", &id, &written).await.assert_problem(404, "not_found");
    bob.on("DELETE", &id, "").await.assert_problem(404, "not_found");
    let path = format!("{}/{id}", shared::path::NOTES);
    let matching = bob.ask_with("PUT", &path, &written, &[("if-match", "\"1\"")]).await;
    matching.assert_problem(404, "not_found");

    assert_eq!(bob.titles("").await, ["Bob's"]);
    assert_eq!(bob.titles("?q=secret").await, Vec::<String>::new());
    assert_eq!(bob.titles(&format!("?before={id}")).await, Vec::<String>::new());
    assert_eq!(alice.titles("").await, ["Alice's"]);
    assert_eq!(alice.on("GET", &id, "").await.json()["text"], "secret");
}

#[tokio::test]
async fn a_note_that_never_was_looks_the_same() {
    let app = TestApp::new().await;
    let id = app.alice().note("Alice's", "").await;
    let shape = |mut answer: crate::support::Answer| {
        answer.headers.remove("x-request-id");
        let mut body = answer.json();
        body["request_id"] = json!("");
        (answer.status, answer.headers, body)
    };
    let other = shape(app.bob().on("GET", &id, "").await);
    let mut never = id.clone();
    never.replace_range(35.., if id.ends_with('0') { "1" } else { "0" });
    assert_eq!(shape(app.bob().on("GET", &never, "").await), other);
    for no_id in ["x", "1", "%00", "%FF", "..%2f", &format!("{id}0"), "'%20OR%20'1'='1"] {
        assert_eq!(shape(app.bob().on("GET", no_id, "").await), other, "{no_id}");
    }
}
