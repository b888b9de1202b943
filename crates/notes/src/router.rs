//! The router: every path with its handler and its middleware. It must not hold logic.

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use shared::path::NOTES;
use tower_http::catch_panic::CatchPanicLayer;
use verifier::axum::RequireToken;

use crate::app::AppState;
use crate::http::{collection, error, health, one, rate_limit, request, timeout};

/// Liveness: 200 while the process answers.
pub const HEALTH_LIVE: &str = "/health/live";
/// Readiness: 200 while the service can do its work.
pub const HEALTH_READY: &str = "/health/ready";

/// The whole service.
pub fn router(app: AppState) -> Router {
    let for_users = Router::new()
        .route(NOTES, get(collection::list).post(collection::create))
        .route(&format!("{NOTES}/{{id}}"), get(one::read).put(one::replace).delete(one::delete))
        .route_layer(from_fn_with_state(app.clone(), rate_limit::guard))
        // The one line that a resource server of Baton's needs.
        .route_layer(RequireToken::from(&app.issuer));
    Router::new()
        .merge(for_users)
        .route(HEALTH_LIVE, get(health::live))
        .route(HEALTH_READY, get(health::ready))
        .fallback(error::nothing_here)
        // The innermost layer comes first: a request passes them from the bottom up.
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(from_fn(timeout::guard))
        .layer(from_fn_with_state(app.clone(), request::handle))
        .with_state(app)
}
