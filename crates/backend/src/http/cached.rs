//! HTTP caching of public documents, with a validator, so that to revalidate is cheap (RFC 9110 section 8.8.3, RFC
//! 9111).

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// 200 with the document, or 304 if the caller's cache has this version.
pub(super) fn cached(
    request: &HeaderMap,
    media_type: &'static str,
    max_age: i64,
    document: String,
) -> Response {
    let digest = Sha256::digest(document.as_bytes());
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&digest[..16]));
    let caching = [(CACHE_CONTROL, format!("public, max-age={max_age}")), (ETAG, tag.clone())];
    if knows(request, &tag) {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    (caching, [(CONTENT_TYPE, media_type)], document).into_response()
}

/// Whether the caller's cache has the version with this tag (RFC 9110 section 13.1.2): it sends a list of tags, which
/// are compared weakly, or `*`.
pub(super) fn knows(request: &HeaderMap, tag: &str) -> bool {
    let lists = request.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = lists.flat_map(|list| list.split(',')).map(str::trim);
    tags.any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}
