//! The rate limit: each user has a share of the service of their own.

use shared::path::NOTES;

use crate::support::{TestApp, User};

const NOTE: &str = r#"{"title":"Milk","text":""}"#;

/// How many calls succeed before the first 429.
async fn answered(user: &User<'_>, method: &str, path: &str, body: &str) -> usize {
    for number in 0..1_000 {
        let answer = user.ask(method, path, body).await;
        if answer.status == 429 {
            answer.assert_problem(429, "rate_limited");
            assert_eq!(answer.header("retry-after"), Some("1"));
            return number;
        }
        assert!(answer.status < 300, "{answer:?}");
    }
    1_000
}

#[tokio::test]
async fn a_user_makes_100_calls_at_once_and_then_20_a_second() {
    let app = TestApp::new().await;
    let alice = app.alice();
    // A call takes some milliseconds, in which the bucket refills a little.
    let made = answered(&alice, "POST", NOTES, NOTE).await;
    assert!((100..130).contains(&made), "{made}");
    // Other users are not throttled, and a refused call has no effect.
    assert_eq!(app.bob().list("").await.status, 200);
    app.advance(1);
    let made_later = answered(&alice, "POST", NOTES, NOTE).await;
    assert!((20..30).contains(&made_later), "{made_later}");
    app.advance(60);
    let mut seen = 0;
    let mut query = String::new();
    loop {
        let page = alice.list(&query).await.json();
        let notes = page["notes"].as_array().expect("an array");
        seen += notes.len();
        if page["more"] == false {
            break;
        }
        query = format!("?before={}", notes.last().expect("a note")["id"].as_str().expect("an id"));
    }
    assert_eq!(seen, made + made_later);
}

#[tokio::test]
async fn every_call_counts_and_a_search_as_five() {
    let app = TestApp::new().await;
    let alice = app.alice();
    let id = alice.note("Milk", "").await;
    let note = format!("{NOTES}/{id}");
    let search = format!("{NOTES}?q=milk");
    for (method, path, body, at_once) in [
        ("GET", NOTES, "", 100..130),
        ("GET", &note, "", 100..130),
        ("PUT", &note, NOTE, 100..130),
        ("GET", &search, "", 20..26),
    ] {
        app.advance(60);
        let answered = answered(&alice, method, path, body).await;
        assert!(at_once.contains(&answered), "{method} {path}: {answered}");
    }
    // A call that fails for another reason counts, too, and the rate limit is checked before the body is read.
    app.advance(60);
    let mut refused = 0;
    while alice.ask("POST", NOTES, "{").await.status == 400 {
        refused += 1;
    }
    assert!((100..130).contains(&refused), "{refused}");
    let answer = alice.ask("POST", NOTES, "{").await;
    answer.assert_problem(429, "rate_limited");
}

#[tokio::test]
async fn users_whose_allowance_is_full_again_are_evicted() {
    let app = TestApp::new().await;
    app.alice().list("").await;
    app.bob().list("").await;
    assert_eq!(app.app.rate_limit.users(), 2);
    app.advance(60);
    app.bob().list("").await;
    assert_eq!(app.app.rate_limit.users(), 1);
}
