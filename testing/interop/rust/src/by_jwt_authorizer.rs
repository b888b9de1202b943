//! jwt-authorizer as a layer of axum. It does not look at `typ`.

use std::time::Duration;

use axum::routing::get;
use axum::{Json, Router};
use jwt_authorizer::{
    IntoLayer as _, JwtAuthorizer, JwtClaims, Refresh, RefreshStrategy, Validation,
};
use serde_json::Value;

/// By default, an unknown key is looked for once in ten minutes.
const REFRESH_INTERVAL: Duration = Duration::from_secs(10);

pub async fn router(issuer: &str, audience: &str) -> Router {
    let jwks = format!("{issuer}/.well-known/jwks.json");
    let refresh = Refresh {
        strategy: RefreshStrategy::KeyNotFound,
        refresh_interval: REFRESH_INTERVAL,
        ..Refresh::default()
    };
    let authorizer = JwtAuthorizer::<Value>::from_jwks_url(&jwks)
        .refresh(refresh)
        .validation(Validation::new().iss(&[issuer]).aud(&[audience]))
        .build()
        .await
        .expect("an authorizer");
    let claims = |JwtClaims(claims): JwtClaims<Value>| async { Json(claims) };
    Router::new().route("/", get(claims)).layer(authorizer.into_layer())
}
