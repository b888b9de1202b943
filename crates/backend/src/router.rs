//! The router: which path is served by which handler, behind which middleware. It must not hold logic: it is the
//! table of contents of the API.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, any, delete, get, post, put};
use shared::path;

use crate::app::AppState;
use crate::http::around::around;
use crate::http::{
    assets, clock, confirm, events, health, idempotency, introspect, jwks, login, logout, me,
    metadata, name, native_login, password, refresh, register, revoke, sessions, site, status_list,
    token,
};

/// The application as a service.
pub fn router(app: AppState) -> Router {
    // A retry of a call with an access token and an idempotency key has no second effect.
    let keyed = |change: MethodRouter<AppState>| {
        change.route_layer(from_fn_with_state(app.clone(), idempotency::once))
    };
    Router::new()
        .route(path::ME, get(me::me).merge(keyed(delete(me::delete))))
        .route(path::NAME, keyed(put(name::change)))
        .route(path::SESSIONS, get(sessions::list).merge(keyed(delete(sessions::revoke_others))))
        .route(&format!("{}/{{id}}", path::SESSIONS), keyed(delete(sessions::revoke_one)))
        // The calls below have rules of their own for idempotency keys.
        .route(path::REGISTER, post(register::register))
        .route(path::LOGIN, post(login::login))
        .route(path::REFRESH, post(refresh::refresh))
        .route(path::LOGOUT, post(logout::logout))
        .route(path::CONFIRM, post(confirm::confirm))
        .route(path::PASSWORD, put(password::change))
        .route(path::EVENTS, get(events::events))
        .route(path::REVOKE, post(revoke::revoke))
        .route(path::INTROSPECT, post(introspect::introspect))
        .route(path::NATIVE_LOGIN, post(native_login::login))
        .route(path::TOKEN, post(token::token))
        .route(path::JWKS, get(jwks::jwks))
        .route(path::METADATA, get(metadata::metadata))
        .route(path::WHOLE_STATUS_LIST, get(status_list::whole))
        .route(&format!("{}/{{number}}", path::STATUS_LISTS), get(status_list::numbered))
        // All of the above need a trusted clock, because tokens and sessions expire.
        .route_layer(from_fn_with_state(app.clone(), clock::demand))
        .route(path::HEALTH_LIVE, get(health::live))
        .route(path::HEALTH_READY, get(health::ready))
        .route(path::STATUS_LISTS, any(site::no_such_endpoint))
        .route("/status-lists/", any(site::no_such_endpoint))
        .route("/status-lists/{number}/", any(site::no_such_endpoint))
        .route("/status-lists/{number}/{*rest}", any(site::no_such_endpoint))
        .route("/assets/{name}", get(assets::asset))
        .route(assets::FAVICON, get(assets::favicon))
        .route("/api", any(site::no_such_endpoint))
        .route("/api/", any(site::no_such_endpoint))
        .route("/api/{*rest}", any(site::no_such_endpoint))
        .fallback(site::page)
        .layer(from_fn_with_state(app.clone(), around))
        .with_state(app)
}
