//! Endpoints for resource servers and gateways: metadata, introspection, revocation, status lists.

mod client_authentication;
mod introspection;
mod revocation;
mod status_caching;
mod status_list;
mod status_places;

use axum::body::Body;
use axum::http::Method;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use backend::auth::introspection::add_service;
use backend::entropy::Entropy;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use shared::path;

use crate::support::{Answer, ORIGIN, TestApp};

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// Sends a form, without a browser's headers.
pub(crate) async fn form(
    app: &TestApp,
    path: &str,
    credentials: Option<&str>,
    body: &str,
) -> Answer {
    let mut request = app.browser().request(Method::POST, path).header(CONTENT_TYPE, FORM);
    if let Some(credentials) = credentials {
        request = request.header(AUTHORIZATION, credentials);
    }
    app.send(request.body(Body::from(body.to_owned())).expect("a request")).await
}

/// Registers a service; returns its `Authorization`.
pub(crate) async fn service(app: &TestApp, id: &str, audience: &str) -> String {
    basic(id, &service_secret(app, id, audience).await)
}

/// Registers a service; returns its secret.
pub(crate) async fn service_secret(app: &TestApp, id: &str, audience: &str) -> String {
    let (store, now) = (&*app.store, app.clock.now());
    let added = add_service(store, &Entropy::system(), id, audience, now).await;
    added.expect("a service").expose().to_owned()
}

pub(crate) fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

/// RFC 8414 section 3: `issuer` is the very text of the claim `iss`.
#[tokio::test]
async fn the_metadata_says_where_everything_is() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let answer = app.browser().get(path::METADATA).await;
    answer.assert_ok();
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
    assert_eq!(answer.json()["issuer"], alice.claims()["iss"]);
    assert_eq!(
        answer.json(),
        json!({
            "issuer": "http://localhost:3000",
            "jwks_uri": "http://localhost:3000/.well-known/jwks.json",
            "token_endpoint": "http://localhost:3000/api/native/token",
            "token_endpoint_auth_methods_supported": ["none"],
            "grant_types_supported": ["refresh_token"],
            "response_types_supported": ["none"],
            "revocation_endpoint": "http://localhost:3000/api/auth/revoke",
            "revocation_endpoint_auth_methods_supported":
                ["none", "client_secret_basic", "client_secret_post"],
            "introspection_endpoint": "http://localhost:3000/api/auth/introspect",
            "introspection_endpoint_auth_methods_supported":
                ["client_secret_basic", "client_secret_post"],
            "client_id": alice.claims()["client_id"],
        })
    );
    // Each endpoint in the metadata exists.
    for member in ["jwks_uri", "token_endpoint", "revocation_endpoint", "introspection_endpoint"] {
        let document = answer.json();
        let uri = document[member].as_str().expect("a URI");
        let path = uri.strip_prefix(ORIGIN).expect("of this origin");
        assert_ne!(app.browser().get(path).await.status, 404, "{member}");
    }
}
