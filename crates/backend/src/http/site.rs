//! The pages: rendered on the server, so that the first paint waits for no script, and hydrated in the browser by
//! Trunk's bundle. They must not depend on authentication: the refresh cookie authenticates no page, and the hint
//! beside it only chooses what is shown first.

use std::io;
use std::path::Path;
use std::sync::atomic::Ordering;

use axum::extract::{Request, State};
use axum::http::header::{ALLOW, CONTENT_SECURITY_POLICY, HOST, LOCATION, SET_COOKIE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use frontend::page::{Assets, NotFoundFlag, NotesService, PageUrl, ServerRedirect, SignedInHint};
use leptos::context::provide_context;
use leptos::nonce::use_nonce;
use leptos::prelude::expect_context;
use leptos_axum::ResponseOptions;
use serde::Deserialize;
use shared::path::{SIGNED_IN_COOKIE, at_port};

use super::client_address::shows_proxy;
use super::compressed;
use super::cookie;
use super::csp;
use super::error::ApiError;
use crate::config::Origin;

/// The cookie of a browser that was redirected a moment ago: the names `127.0.0.1` and `localhost` do not share it, so
/// that it comes back only if the redirect led back here. It is no credential, and not `Secure`: each browser has to
/// keep it over http.
const REDIRECTED: &str = "baton-redirected";
const SET_REDIRECTED: &str = "baton-redirected=1; Path=/; Max-Age=10; HttpOnly; SameSite=Lax";

/// The built site.
#[derive(Clone, Default)]
pub struct Site {
    /// Its files. `None` if none was built, and then there are no pages.
    assets: Option<Assets>,
    notes: NotesService,
}

/// The build's manifest, beside the files.
#[derive(Deserialize)]
struct Manifest {
    stylesheet: String,
    script: String,
    wasm: String,
    second_part: Option<String>,
    icon: Option<String>,
}

impl Site {
    /// Reads `site.json` of a built site. `has_notes`: whether it has the page of the notes service.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read(folder: &Path, has_notes: bool) -> io::Result<Self> {
        let text = std::fs::read(folder.join("site.json"))?;
        // Rendering spawns tasks; an error means that the executor is already set.
        let _ = any_spawner::Executor::init_tokio();
        let Manifest { stylesheet, script, wasm, second_part, icon } =
            serde_json::from_slice(&text)?;
        let assets = Some(Assets { stylesheet, script, wasm, second_part, icon });
        Ok(Self { assets, notes: NotesService(has_notes) })
    }
}

/// The fallback: a page, even if only the one for an unknown path. A browser that comes by another loopback name is
/// sent to the origin, whose pages alone may call.
pub async fn page(
    State(Site { assets, notes }): State<Site>,
    State(origin): State<Origin>,
    request: Request,
) -> Response {
    if is_well_known(request.uri().path()) {
        return ApiError::NotFound.into_response();
    }
    let Some(assets) = assets else {
        return ApiError::NotFound.into_response();
    };
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let allow = [(ALLOW, HeaderValue::from_static("GET,HEAD"))];
        return (allow, ApiError::MethodNotAllowed).into_response();
    }
    if let Some(there) = at_the_origin(&origin, &request) {
        let seen = HeaderValue::from_static(SET_REDIRECTED);
        let headers = [(LOCATION, there), (SET_COOKIE, seen)];
        return (StatusCode::TEMPORARY_REDIRECT, headers).into_response();
    }
    let own = at_port(SIGNED_IN_COOKIE, origin.port());
    let hint = SignedInHint(
        [SIGNED_IN_COOKIE, &own]
            .iter()
            .any(|name| cookie::values(request.headers(), name).any(|value| value == "1")),
    );
    let not_found = NotFoundFlag::default();
    let redirect = ServerRedirect::default();
    let url = request.uri().path_and_query().map_or("/", |url| url.as_str());
    let url = PageUrl(url.to_owned());
    let (flag, target) = (not_found.clone(), redirect.clone());
    let provide = move || {
        provide_context(hint);
        provide_context(notes);
        provide_context(url.clone());
        provide_context(flag.clone());
        provide_context(target.clone());
    };
    let accepts_gzip = compressed::accepts_gzip(request.headers());
    let render = move || {
        set_policy();
        frontend::page::page(assets.clone())
    };
    let response = leptos_axum::render_app_async_with_context(provide, render)(request).await;
    let mut response = sealed(response, accepts_gzip).await;
    if not_found.0.load(Ordering::SeqCst) {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    let target = redirect.0.lock().expect("no holder panics").take();
    if let Some(target) = target.and_then(|target| HeaderValue::try_from(target).ok()) {
        *response.status_mut() = StatusCode::FOUND;
        response.headers_mut().insert(LOCATION, target);
    }
    response
}

/// Whether a client looks for a document about this site (RFC 8615), which it parses as JSON: also below a path, as
/// in OpenID Connect Discovery section 4.
fn is_well_known(path: &str) -> bool {
    path.split('/').any(|segment| segment == ".well-known")
}

/// The address of the same page at the origin, if the browser came by another loopback name. It begins with the
/// configured origin in any case: no open redirect. A proxy may have written `Host`, and the browser be at the origin
/// already: then it is back at once, with the cookie of the first redirect, and gets the page.
fn at_the_origin(origin: &Origin, request: &Request) -> Option<HeaderValue> {
    let headers = request.headers();
    let host = headers.get(HOST)?.to_str().ok()?;
    let page = request.uri().path_and_query()?.as_str();
    if !origin.has_other_name(host) || !page.starts_with('/') || shows_proxy(headers) {
        return None;
    }
    if cookie::values(headers, REDIRECTED).next().is_some() {
        return None;
    }
    HeaderValue::try_from(format!("{}{page}", origin.as_str())).ok()
}

/// The response in the shape that hydration relies on, compressed if the browser takes that.
async fn sealed(response: Response, accepts_gzip: bool) -> Response {
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.expect("rendering cannot fail");
    let html = String::from_utf8(body.into()).expect("HTML is rendered into a String");
    compressed::page(parts, frontend::seal(html), accepts_gzip)
}

/// The page's Content-Security-Policy, with the nonce of its scripts.
fn set_policy() {
    let nonce = use_nonce().expect("leptos_axum provides one to every page");
    let policy = csp::page(&nonce);
    expect_context::<ResponseOptions>().insert_header(CONTENT_SECURITY_POLICY, policy);
}

/// Unknown paths below `/api` are the API's to answer, not a page's.
pub async fn no_such_endpoint() -> ApiError {
    ApiError::NotFound
}
