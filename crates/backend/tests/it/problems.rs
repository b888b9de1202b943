//! The server's own failures: a panic is a 500, a handler without end a timeout.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use backend::app::AppState;
use backend::http::{problem, request_id, timeout};
use tower::ServiceExt as _;
use tower_http::catch_panic::CatchPanicLayer;

use crate::support::{Answer, TestApp};

/// The real middleware around handlers that misbehave.
async fn misbehaving(app: &TestApp, path: &str) -> Answer {
    let state: AppState = app.app.clone();
    let router = Router::new()
        .route("/panics", get(panics))
        .route("/hangs", get(std::future::pending::<()>))
        .layer(CatchPanicLayer::custom(timeout::panicked))
        .layer(from_fn(timeout::request_limits))
        .layer(from_fn(problem::write))
        .layer(from_fn_with_state(state, request_id::assign));
    let request =
        Request::get(path).header("host", "localhost").body(Body::empty()).expect("a request");
    Answer::read(router.oneshot(request).await.expect("the router is infallible")).await
}

async fn panics() -> &'static str {
    panic!("a secret in a panic message")
}

#[tokio::test]
async fn a_panic_is_a_500_for_that_request_alone() {
    let app = TestApp::in_memory().await;
    let answer = misbehaving(&app, "/panics").await;
    answer.assert_problem(500, "internal_error");
    assert!(!answer.body.contains("secret"));
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_hangs_times_out() {
    let app = TestApp::in_memory().await;
    let answer = misbehaving(&app, "/hangs").await;
    answer.assert_problem(503, "temporarily_unavailable");
    assert!(answer.header("retry-after").is_some());
}
