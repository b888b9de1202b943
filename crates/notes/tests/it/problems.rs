//! Problem documents: unknown paths and methods, failures, and headers that each answer has.

use axum::body::Body;
use axum::http::Request;
use shared::path::NOTES;

use crate::support::TestApp;

#[tokio::test]
async fn what_is_not_there_is_a_problem_document() {
    let app = TestApp::new().await;
    for path in ["/", "/api", "/api/notes/", "/api/note", "/api/notes/a/b"] {
        let answer = app.alice().ask("GET", path, "").await;
        answer.assert_problem(404, "not_found");
    }
    for method in ["PUT", "PATCH", "DELETE"] {
        let answer = app.alice().ask(method, NOTES, "").await;
        answer.assert_problem(405, "method_not_allowed");
        assert_eq!(answer.header("allow"), Some("GET,HEAD,POST"), "{method}");
    }
}

#[tokio::test]
async fn a_database_that_fails_is_503() {
    let app = TestApp::new().await;
    app.store.close().await;
    let answer = app.alice().list("").await;
    answer.assert_problem(503, "temporarily_unavailable");
    assert_eq!(answer.header("retry-after"), Some("1"));
}

#[tokio::test]
async fn no_answer_is_stored_and_each_has_an_id_of_its_own() {
    let app = TestApp::new().await;
    let mut ids = std::collections::BTreeSet::new();
    for path in [NOTES, NOTES, "/health/live", "/nowhere"] {
        let answer =
            app.alice().ask_with("GET", path, "", &[("x-request-id", "forged\tline")]).await;
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        ids.insert(answer.header("x-request-id").expect("an id").to_owned());
    }
    assert_eq!(ids.len(), 4);
    assert!(!ids.iter().any(|id| id.contains("forged")));
}

#[tokio::test]
async fn a_token_in_the_address_is_none() {
    let app = TestApp::new().await;
    let token = crate::support::sign("at+jwt", &app.issuer.claims(1));
    let request = Request::get(format!("{NOTES}?access_token={token}")).body(Body::empty());
    app.send(request.expect("a request")).await.assert_problem(401, "invalid_token");
}
