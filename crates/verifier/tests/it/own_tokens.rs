//! The example `issue_and_protect`, run: a user logs in, calls, and logs out.

use axum::body::Body;
use axum::http::Request;

use crate::issue_and_protect::router;
use crate::support::NOW;
use crate::support::service::{Answer, INVALID, NO_ERROR, Service};

async fn send(service: &Service, method: &str, path: &str, token: Option<&str>) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    service.send(request.body(Body::empty()).expect("a request")).await
}

#[tokio::test]
async fn a_server_protects_its_calls_with_its_own_tokens_until_logout() {
    let service = Service::of(router(|| NOW).expect("a server"));
    let visitor = send(&service, "GET", "/", None).await;
    assert_eq!((visitor.status, visitor.body.as_str()), (200, "hello\n"));
    send(&service, "GET", "/hello", None).await.assert_refused(401, "invalid_token", NO_ERROR);

    let token = send(&service, "POST", "/token", None).await.body;
    for path in ["/", "/hello"] {
        let user = send(&service, "GET", path, Some(&token)).await;
        assert_eq!(user.status, 200, "{path}");
        assert!(user.body.starts_with("hello, "), "{}", user.body);
    }
    // Another server's token, of the same form.
    let elsewhere = Service::of(router(|| NOW).expect("a server"));
    let foreign = send(&elsewhere, "POST", "/token", None).await.body;
    let answer = send(&service, "GET", "/hello", Some(&foreign)).await;
    answer.assert_refused(401, "invalid_token", INVALID);

    assert_eq!(send(&service, "DELETE", "/session", Some(&token)).await.status, 204);
    for path in ["/", "/hello"] {
        let answer = send(&service, "GET", path, Some(&token)).await;
        answer.assert_refused(401, "invalid_token", INVALID);
    }
    assert_eq!(send(&service, "GET", "/nowhere", None).await.status, 404);
}
