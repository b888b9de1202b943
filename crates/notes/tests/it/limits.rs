//! Validation: the rules for a note, and the limits of a body.

use serde_json::{Value, json};
use shared::path::NOTES;

use crate::support::{Answer, TestApp};

/// The refused fields, and the code of each rule.
fn errors(answer: &Answer) -> Vec<(String, String)> {
    answer.assert_problem(422, "validation_failed");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let errors = answer.json()["errors"].as_array().expect("an array").clone();
    errors.iter().map(|error| (text(&error["field"]), text(&error["code"]))).collect()
}

#[tokio::test]
async fn a_title_is_one_line_of_1_to_200_characters() {
    let app = TestApp::new().await;
    let alice = app.alice();
    let id = alice.note("Milk", "").await;
    for (title, code) in [
        (String::new(), Some("required")),
        (" \u{a0} ".to_owned(), Some("required")),
        ("a".to_owned(), None),
        ("é".repeat(200), None),
        ("é".repeat(201), Some("too_long")),
        ("😀".repeat(200), None),
        ("😀".repeat(201), Some("too_long")),
        ("two\nlines".to_owned(), Some("invalid")),
        ("two\u{2028}lines".to_owned(), Some("invalid")),
        ("two\u{2029}paragraphs".to_owned(), Some("invalid")),
        ("nul\0".to_owned(), Some("invalid")),
    ] {
        let written = json!({"title": title, "text": ""}).to_string();
        for answer in
            [alice.ask("POST", NOTES, &written).await, alice.on("PUT", &id, &written).await]
        {
            match code {
                Some(code) => {
                    assert_eq!(errors(&answer), [("title".to_owned(), code.to_owned())]);
                }
                None => assert!([200, 201].contains(&answer.status), "{title}"),
            }
        }
    }
}

#[tokio::test]
async fn a_text_has_at_most_20_000_characters() {
    let app = TestApp::new().await;
    let alice = app.alice();
    let text = "é".repeat(20_000);
    let id = alice.note("Long", &text).await;
    assert_eq!(alice.on("GET", &id, "").await.json()["text"], text);
    let write = |text: String| json!({"title": "Long", "text": text}).to_string();
    let longer = alice.ask("POST", NOTES, &write(text + "é")).await;
    assert_eq!(errors(&longer), [("text".to_owned(), "too_long".to_owned())]);
    let nul = alice.ask("POST", NOTES, &write("a\0b".to_owned())).await;
    assert_eq!(errors(&nul), [("text".to_owned(), "invalid".to_owned())]);
}

#[tokio::test]
async fn a_character_is_one_whatever_it_takes_on_the_wire() {
    let app = TestApp::new().await;
    let alice = app.alice();
    for (character, on_the_wire) in
        [("é", "é"), ("😀", "😀"), ("😀", "\\ud83d\\ude00"), ("\u{1}", "\\u0001"), ("\"", "\\\"")]
    {
        let written = |length: usize| {
            let (title, text) = ("\\ud83d\\ude00".repeat(200), on_the_wire.repeat(length));
            format!(r#"{{"title":"{title}","text":"{text}"}}"#)
        };
        let made = alice.ask("POST", NOTES, &written(20_000)).await;
        assert_eq!(made.status, 201, "{on_the_wire}: {}", made.body);
        let id = made.json()["id"].as_str().expect("an id").to_owned();
        assert_eq!(alice.on("PUT", &id, &written(20_000)).await.status, 200, "{on_the_wire}");
        let note = alice.on("GET", &id, "").await.json();
        assert_eq!(note["text"], character.repeat(20_000), "{on_the_wire}");
        let longer = alice.ask("POST", NOTES, &written(20_001)).await;
        assert_eq!(errors(&longer), [("text".to_owned(), "too_long".to_owned())], "{on_the_wire}");
    }
}

#[tokio::test]
async fn every_field_that_breaks_a_rule_is_named() {
    let app = TestApp::new().await;
    let written = json!({"title": "", "text": "a".repeat(20_001)}).to_string();
    let answer = app.alice().ask("POST", NOTES, &written).await;
    assert_eq!(errors(&answer).len(), 2);
}

#[tokio::test]
async fn a_body_is_one_json_object_with_the_two_members_and_no_other() {
    let app = TestApp::new().await;
    let alice = app.alice();
    for body in [
        "{",
        "[]",
        "null",
        "\"text\"",
        r#"{"title":"a"}"#,
        r#"{"text":"a"}"#,
        r#"{"title":"a","text":null}"#,
        r#"{"title":1,"text":""}"#,
        r#"{"title":"a","text":"","owner":"bob"}"#,
        r#"{"title":"a","text":"","id":"01890a5d-ac96-774b-bcce-b302099a8057"}"#,
        r#"{"title":"a","title":"b","text":""}"#,
        r#"{"title":"a","text":""} x"#,
        r#"["a","b"]"#,
    ] {
        let answer = alice.ask("POST", NOTES, body).await;
        answer.assert_problem(400, "malformed_request");
    }
    assert_eq!(alice.titles("").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_body_is_json_by_its_own_account_and_has_256_kib_at_most() {
    let app = TestApp::new().await;
    let alice = app.alice();
    let body = r#"{"title":"a","text":""}"#;
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
        let request = axum::http::Request::post(NOTES)
            .header("authorization", format!("Bearer {}", token(&app)))
            .header("content-type", kind)
            .body(axum::body::Body::from(body));
        let answer = app.send(request.expect("a request")).await;
        answer.assert_problem(415, "unsupported_media_type");
    }
    let padded = |length: usize| format!("{body}{}", " ".repeat(length - body.len()));
    assert_eq!(alice.ask("POST", NOTES, &padded(256 * 1024)).await.status, 201);
    let answer = alice.ask("POST", NOTES, &padded(256 * 1024 + 1)).await;
    answer.assert_problem(413, "content_too_large");
}

fn token(app: &TestApp) -> String {
    crate::support::sign("at+jwt", &app.issuer.claims(1))
}
