//! Optimistic concurrency: a write with a stale `If-Match` is 412.

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
async fn if_match_is_optional_and_may_be_a_star() {
    let app = TestApp::new().await;
    let alice = app.alice();
    let id = alice.note("Milk", "").await;
    let path = format!("{NOTES}/{id}");
    assert_eq!(alice.on("PUT", &id, MINE).await.status, 200);
    assert_eq!(alice.ask_with("PUT", &path, MINE, &[("if-match", "*")]).await.status, 200);
    assert_eq!(alice.on("GET", &id, "").await.header("etag"), Some("\"3\""));
}

#[tokio::test]
async fn what_is_no_list_of_tags_is_no_permission() {
    let app = TestApp::new().await;
    let alice = app.alice();
    let id = alice.note("Milk", "").await;
    let note = format!("{NOTES}/{id}");
    for name in ["if-match", "if-none-match"] {
        for tags in [
            "",
            ",",
            "1",
            "\"1",
            "1\"",
            "w/\"1\"",
            "\"1\" \"2\"",
            "\"1\", *",
            "*, \"1\"",
            "\"a b\"",
        ] {
            for (method, path, body) in [
                ("GET", &*note, ""),
                ("PUT", &note, MINE),
                ("DELETE", &note, ""),
                ("GET", NOTES, ""),
                ("POST", NOTES, MINE),
            ] {
                app.pass(50);
                let answer = alice.ask_with(method, path, body, &[(name, tags)]).await;
                answer.assert_problem(400, "malformed_request");
            }
        }
    }
    assert_eq!(alice.titles("").await, ["Milk"]);
    assert_eq!(alice.on("GET", &id, "").await.header("etag"), Some("\"1\""));
}

/// The statuses for GET, PUT and DELETE with a precondition on a note in version 2.
const ANSWERS: [(&str, &str, [u16; 3]); 20] = [
    // Strong comparison: a weak tag never matches (RFC 9110 section 13.1.1).
    ("if-match", "\"2\"", [200, 200, 204]),
    ("if-match", "*", [200, 200, 204]),
    ("if-match", " \"1\" ,, \"2\",", [200, 200, 204]),
    ("if-match", "\"a,b\", \"2\"", [200, 200, 204]),
    ("if-match", "\"1\"", [412; 3]),
    ("if-match", "W/\"2\"", [412; 3]),
    ("if-match", "\"1\", W/\"2\"", [412; 3]),
    ("if-match", "\"02\"", [412; 3]),
    ("if-match", "\"+2\"", [412; 3]),
    ("if-match", "\"\"", [412; 3]),
    ("if-match", "\"x\", \"99999999999999999999\"", [412; 3]),
    // Weak comparison (section 13.1.2); a read is 304 instead.
    ("if-none-match", "\"1\"", [200, 200, 204]),
    ("if-none-match", "\"1\", \"3\", \"x\"", [200, 200, 204]),
    ("if-none-match", "\"2\"", [304, 412, 412]),
    ("if-none-match", "W/\"2\"", [304, 412, 412]),
    ("if-none-match", "\"1\", W/\"2\"", [304, 412, 412]),
    ("if-none-match", "*", [304, 412, 412]),
    // A note has no date for a condition (sections 13.1.3 and 13.1.4).
    ("if-unmodified-since", "Thu, 01 Jan 1970 00:00:00 GMT", [200, 200, 204]),
    ("if-modified-since", "Fri, 01 Jan 2100 00:00:00 GMT", [200, 200, 204]),
    ("if-range", "\"1\"", [200, 200, 204]),
];

#[tokio::test]
async fn preconditions_hold_for_each_method() {
    let app = TestApp::new().await;
    let alice = app.alice();
    for (name, value, statuses) in ANSWERS {
        for (method, status) in ["GET", "PUT", "DELETE"].into_iter().zip(statuses) {
            app.advance(1);
            let id = alice.note("Milk", "").await;
            alice.on("PUT", &id, MINE).await;
            let (path, body) = (format!("{NOTES}/{id}"), if method == "PUT" { YOURS } else { "" });
            let answer = alice.ask_with(method, &path, body, &[(name, value)]).await;
            assert_eq!(answer.status, status, "{method} {name}: {value}: {}", answer.body);
            let after = alice.on("GET", &id, "").await;
            let left = (after.status, after.header("etag"));
            match (method, status) {
                (_, 412) => {
                    answer.assert_problem(412, "precondition_failed");
                    assert_eq!(left, (200, Some("\"2\"")), "{method} {name}: {value}");
                }
                ("GET", 304) => {
                    assert_eq!((answer.header("etag"), &*answer.body), (Some("\"2\""), ""));
                }
                ("PUT", _) => assert_eq!(left, (200, Some("\"3\"")), "{name}: {value}"),
                ("DELETE", _) => assert_eq!(left.0, 404, "{name}: {value}"),
                _ => assert_eq!(answer.header("etag"), Some("\"2\"")),
            }
        }
    }
}

/// RFC 9110 section 9.3.2: HEAD is GET without the content, preconditions included.
#[tokio::test]
async fn head_has_the_status_and_the_headers_of_get_and_no_body() {
    let app = TestApp::new().await;
    let alice = app.alice();
    let id = alice.note("Milk", "").await;
    alice.on("PUT", &id, MINE).await;
    let note = format!("{NOTES}/{id}");
    let of_the_note = ANSWERS.map(|(name, value, [read, ..])| (note.as_str(), name, value, read));
    let of_the_list = [
        (NOTES, "if-match", "*", 200),
        (NOTES, "if-match", "\"1\"", 412),
        (NOTES, "if-none-match", "\"1\"", 200),
        (NOTES, "if-none-match", "*", 304),
    ];
    for (path, name, value, status) in of_the_note.into_iter().chain(of_the_list) {
        app.advance(1);
        let mut get = alice.ask_with("GET", path, "", &[(name, value)]).await;
        let mut head = alice.ask_with("HEAD", path, "", &[(name, value)]).await;
        assert_eq!((get.status, head.status), (status, status), "{path} {name}: {value}");
        for answer in [&mut get, &mut head] {
            answer.headers.remove("x-request-id").expect("an id");
        }
        assert_eq!(get.headers, head.headers, "{path} {name}: {value}");
        assert_eq!(head.body, "", "{path} {name}: {value}");
        // A 304 has no content in any case (section 15.4.5).
        assert_eq!(get.body.is_empty(), status == 304, "{path} {name}: {value}");
    }
}

#[tokio::test]
async fn the_list_is_there_and_has_no_version() {
    let app = TestApp::new().await;
    let alice = app.alice();
    for (name, value, [get, post]) in [
        ("if-match", "*", [200, 201]),
        ("if-match", "\"1\"", [412, 412]),
        ("if-none-match", "\"1\"", [200, 201]),
        ("if-none-match", "*", [304, 412]),
    ] {
        let before = alice.titles("").await.len();
        let listed = alice.ask_with("GET", NOTES, "", &[(name, value)]).await;
        let made = alice.ask_with("POST", NOTES, MINE, &[(name, value)]).await;
        assert_eq!((listed.status, made.status), (get, post), "{name}: {value}");
        let after = alice.titles("").await.len();
        assert_eq!(after - before, usize::from(post == 201), "{name}: {value}");
    }
}

#[tokio::test]
async fn several_lines_are_one_list() {
    let app = TestApp::new().await;
    let alice = app.alice();
    let id = alice.note("Milk", "").await;
    let path = format!("{NOTES}/{id}");
    let lines = [("if-match", "\"7\""), ("if-match", "\"1\"")];
    assert_eq!(alice.ask_with("PUT", &path, MINE, &lines).await.status, 200);
    alice.ask_with("PUT", &path, MINE, &lines).await.assert_problem(412, "precondition_failed");
}

#[tokio::test]
async fn if_match_comes_before_if_none_match_and_both_before_the_body() {
    let app = TestApp::new().await;
    let alice = app.alice();
    let id = alice.note("Milk", "").await;
    let path = format!("{NOTES}/{id}");
    let both = [("if-match", "\"9\""), ("if-none-match", "\"1\"")];
    alice.ask_with("GET", &path, "", &both).await.assert_problem(412, "precondition_failed");
    let stale = [("if-match", "\"9\"")];
    let answer = alice.ask_with("PUT", &path, "{", &stale).await;
    answer.assert_problem(412, "precondition_failed");
    // Preconditions do not apply to a note that is not found (RFC 9110 section 13.2.1).
    alice.on("DELETE", &id, "").await;
    for (method, body) in [("GET", ""), ("PUT", MINE), ("DELETE", "")] {
        for header in [("if-match", "\"1\""), ("if-match", "*"), ("if-none-match", "*")] {
            let answer = alice.ask_with(method, &path, body, &[header]).await;
            answer.assert_problem(404, "not_found");
        }
    }
}

#[tokio::test]
async fn of_a_write_and_a_deletion_of_one_version_one_takes_place() {
    let app = std::sync::Arc::new(TestApp::new().await);
    for _ in 0..10 {
        let id = app.alice().note("Milk", "").await;
        let mut calls = tokio::task::JoinSet::new();
        for (method, body) in [("PUT", MINE), ("DELETE", "")] {
            let (app, path) = (std::sync::Arc::clone(&app), format!("{NOTES}/{id}"));
            calls.spawn(async move {
                let seen = [("if-match", "\"1\"")];
                (method, app.alice().ask_with(method, &path, body, &seen).await.status)
            });
        }
        let mut statuses = calls.join_all().await;
        statuses.sort_unstable();
        let after = app.alice().on("GET", &id, "").await.status;
        let one_took_place = match statuses[..] {
            [("DELETE", 204), ("PUT", 404 | 412)] => after == 404,
            [("DELETE", 412), ("PUT", 200)] => after == 200,
            _ => false,
        };
        assert!(one_took_place, "{statuses:?}, then {after}");
    }
}
