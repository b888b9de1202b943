//! The server's own failures: a panic is a 500, a handler without end a timeout.

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use axum::middleware::from_fn_with_state;
use axum::routing::any;
use backend::app::AppState;
use backend::http::around::around;
use tower::ServiceExt as _;

use crate::support::{Answer, TestApp};

/// The real middleware around handlers that misbehave.
async fn misbehaving(app: &TestApp, method: &Method, path: &str) -> Answer {
    let state: AppState = app.app.clone();
    let router = Router::new()
        .route("/panics", any(panics))
        .route("/hangs", any(std::future::pending::<()>))
        .layer(from_fn_with_state(state, around));
    let request = Request::builder().method(method).uri(path).header("host", "localhost");
    let request = request.body(Body::empty()).expect("a request");
    Answer::read(router.oneshot(request).await.expect("the router is infallible")).await
}

async fn panics() -> &'static str {
    panic!("a secret in a panic message")
}

#[tokio::test]
async fn a_panic_is_a_500_for_that_request_alone() {
    let app = TestApp::in_memory().await;
    for method in [Method::GET, Method::POST] {
        let answer = misbehaving(&app, &method, "/panics").await;
        answer.assert_problem(500, "internal_error");
        assert!(!answer.body.contains("secret"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_hangs_times_out() {
    let app = TestApp::in_memory().await;
    for method in [Method::GET, Method::POST] {
        let answer = misbehaving(&app, &method, "/hangs").await;
        answer.assert_problem(503, "temporarily_unavailable");
        assert!(answer.header("retry-after").is_some());
    }
}
