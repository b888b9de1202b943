//! Creating, reading, changing and deleting notes.

use notes::store::{Page, Wanted};
use serde_json::json;
use shared::path::NOTES;

use crate::support::{START, TestApp};

#[tokio::test]
async fn a_note_is_written_read_changed_and_deleted() {
    let app = TestApp::new().await;
    let alice = app.alice();
    let written = json!({"title": "Milk", "text": "two\nbottles — ½ l"});
    let made = alice.ask("POST", NOTES, &written.to_string()).await;
    let id = made.json()["id"].as_str().expect("an id").to_owned();
    let note = json!({
        "id": id, "title": "Milk", "text": "two\nbottles — ½ l",
        "created_at": START, "changed_at": START,
    });
    assert_eq!((made.status, made.json()), (201, note.clone()));
    assert_eq!(made.header("location"), Some(&*format!("{NOTES}/{id}")));
    assert_eq!(made.header("content-type"), Some("application/json"));

    let read = alice.on("GET", &id, "").await;
    assert_eq!((read.status, read.json()), (200, note));

    app.advance(60);
    let changed = alice.on("PUT", &id, &json!({"title": "Bread", "text": ""}).to_string()).await;
    let note = json!({
        "id": id, "title": "Bread", "text": "", "created_at": START, "changed_at": START + 60,
    });
    assert_eq!((changed.status, changed.json()), (200, note.clone()));
    assert_eq!(alice.on("GET", &id, "").await.json(), note);
    assert_eq!(alice.list("").await.json(), json!({"notes": [note], "more": false}));

    let deleted = alice.on("DELETE", &id, "").await;
    assert_eq!((deleted.status, deleted.body.as_str()), (204, ""));
    alice.on("DELETE", &id, "").await.assert_problem(404, "not_found");
    alice.on("GET", &id, "").await.assert_problem(404, "not_found");
    alice.on("PUT", &id, &written.to_string()).await.assert_problem(404, "not_found");
    assert_eq!(alice.list("").await.json(), json!({"notes": [], "more": false}));
}

#[tokio::test]
async fn an_id_is_a_uuid_of_version_7() {
    let app = TestApp::new().await;
    let id: uuid::Uuid = app.alice().note("Milk", "").await.parse().expect("a UUID");
    assert_eq!((id.get_version_num(), id.get_variant()), (7, uuid::Variant::RFC4122));
}

#[tokio::test]
async fn notes_are_listed_newest_first_and_in_pages() {
    let app = TestApp::new().await;
    let alice = app.alice();
    let mut ids = Vec::new();
    for number in 0..101 {
        ids.push(alice.note(&format!("{number}"), "").await);
    }
    let mut seen = Vec::new();
    let mut query = String::new();
    for (length, more) in [(50, true), (50, true), (1, false)] {
        let page = alice.list(&query).await.json();
        let notes = page["notes"].as_array().expect("an array").clone();
        assert_eq!((notes.len(), &page["more"]), (length, &json!(more)));
        seen.extend(notes.iter().map(|note| note["id"].as_str().expect("an id").to_owned()));
        query = format!("?before={}", seen.last().expect("a note"));
    }
    ids.reverse();
    assert_eq!(seen, ids);
    assert_eq!(alice.titles(&query).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_page_that_is_just_full_has_no_more() {
    let app = TestApp::new().await;
    for number in 0..50 {
        app.alice().note(&format!("{number}"), "").await;
    }
    assert_eq!(app.alice().list("").await.json()["more"], json!(false));
}

#[tokio::test]
async fn a_page_holds_256_kib_of_notes_or_one() {
    let app = TestApp::new().await;
    let alice = app.alice();
    let mut ids = Vec::new();
    for number in 0..7 {
        ids.push(alice.note(&format!("{number}"), &"😀".repeat(20_000)).await);
    }
    ids.reverse();
    let mut query = String::new();
    let mut seen = Vec::new();
    for (length, more) in [(3, true), (3, true), (1, false)] {
        let page = alice.list(&query).await;
        assert!(page.body.len() < 300_000, "{}", page.body.len());
        let page = page.json();
        let notes = page["notes"].as_array().expect("an array").clone();
        assert_eq!((notes.len(), &page["more"]), (length, &json!(more)));
        seen.extend(notes.iter().map(|note| note["id"].as_str().expect("an id").to_owned()));
        query = format!("?before={}", seen.last().expect("a note"));
    }
    assert_eq!(seen, ids);
}

#[tokio::test]
async fn notes_outlive_the_process_and_only_their_owner_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let app = TestApp::new().await;
    app.alice().note("Milk", "").await;
    let file = app.folder.path().join("notes.db");
    let mode = std::fs::metadata(&file).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    app.store.close().await;
    let url = format!("sqlite:{}", file.display());
    let again = notes::store::Store::open(&url).await.expect("the same store");
    let owner = app.issuer.claims(1)["sub"].as_str().expect("a user").parse().expect("an id");
    let (wanted, page) = (Wanted { before: None, text: "" }, Page { notes: 10, bytes: 100 });
    assert_eq!(again.list(owner, wanted, page).await.expect("a list").notes.len(), 1);
}
