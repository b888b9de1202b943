//! Search takes its text literally, in any letter case.

use crate::support::TestApp;

fn none() -> Vec<String> {
    Vec::new()
}

#[tokio::test]
async fn a_search_finds_title_and_text_in_any_case() {
    let app = TestApp::new().await;
    let alice = app.alice();
    alice.note("Éclair", "choux pastry").await;
    alice.note("Bread", "FLOUR, water").await;
    for (query, found) in [
        ("flour", "Bread"),
        ("FLOUR", "Bread"),
        ("bREAD", "Bread"),
        ("r,%20w", "Bread"),
        ("%C3%A9CLAIR", "Éclair"),
        ("%C3%89clair", "Éclair"),
        ("choux+pastry", "Éclair"),
    ] {
        assert_eq!(alice.titles(&format!("?q={query}")).await, [found], "{query}");
    }
    assert_eq!(alice.titles("?q=butter").await, none());
    assert_eq!(alice.titles("?q=").await, ["Bread", "Éclair"]);
}

#[tokio::test]
async fn what_others_take_for_wildcards_is_text() {
    let app = TestApp::new().await;
    let alice = app.alice();
    alice.note("100% wool", "a_b").await;
    alice.note("1000 sheep", "a*b 'quoted' \\ \" [x]").await;
    for (query, found) in [
        ("100%25", vec!["100% wool"]),
        ("a_b", vec!["100% wool"]),
        ("a*b", vec!["1000 sheep"]),
        ("'quoted'", vec!["1000 sheep"]),
        ("%5C", vec!["1000 sheep"]),
        ("%22", vec!["1000 sheep"]),
        ("%5Bx%5D", vec!["1000 sheep"]),
        ("%25", vec!["100% wool"]),
        ("_", vec!["100% wool"]),
        ("'%20OR%201=1%20--", vec![]),
        ("a.b", vec![]),
    ] {
        assert_eq!(alice.titles(&format!("?q={query}")).await, found, "{query}");
    }
}

#[tokio::test]
async fn a_changed_note_is_found_by_what_it_says_now() {
    let app = TestApp::new().await;
    let alice = app.alice();
    let id = alice.note("Milk", "").await;
    alice.on("PUT", &id, r#"{"title":"Bread","text":""}"#).await;
    assert_eq!(alice.titles("?q=milk").await, none());
    assert_eq!(alice.titles("?q=bread").await, ["Bread"]);
}

#[tokio::test]
async fn a_search_is_paged_like_a_list() {
    let app = TestApp::new().await;
    let alice = app.alice();
    for number in 0..60 {
        alice.note(&format!("milk {number}"), "").await;
        alice.note("bread", "").await;
    }
    let page = alice.list("?q=milk").await.json();
    assert_eq!(page["notes"].as_array().map(Vec::len), Some(50));
    assert_eq!(page["more"], true);
    let last = page["notes"][49]["id"].as_str().expect("an id");
    assert_eq!(alice.titles(&format!("?q=MILK&before={last}")).await.len(), 10);
}

#[tokio::test]
async fn what_cannot_be_asked_is_said() {
    let app = TestApp::new().await;
    for query in ["?before=x", "?q=a&q=b", "?other=1", "?q=%00"] {
        app.alice().list(query).await.assert_problem(400, "malformed_request");
    }
    let long = |length| format!("?q={}", "a".repeat(length));
    assert_eq!(app.alice().titles(&long(200)).await, none());
    app.alice().list(&long(201)).await.assert_problem(400, "malformed_request");
    let long = |length| format!("?q={}", "%F0%9F%98%80".repeat(length));
    assert_eq!(app.alice().titles(&long(200)).await, none());
    app.alice().list(&long(201)).await.assert_problem(400, "malformed_request");
}
