//! The site's static files: read once at the start, served from memory under names with their hash (cache busting),
//! compressed beforehand. It must not read the disk while serving, so path traversal is impossible; that is why it is
//! not tower-http's `ServeDir`.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::{fs, io};

use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path as UrlPath, State};
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};

use super::error::ApiError;

/// Where browsers look for an icon that no page has named.
pub const FAVICON: &str = "/favicon.ico";
/// For a name that stays when the content changes.
const A_DAY: &str = "public, max-age=86400";
/// For a name that changes with the content.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// Every file of the site, by name.
#[derive(Clone, Default)]
pub struct AssetFiles(Arc<HashMap<String, Asset>>);

struct Asset {
    content_type: &'static str,
    plain: Bytes,
    brotli: Option<Bytes>,
    gzip: Option<Bytes>,
}

impl AssetFiles {
    /// Reads the folder `assets` of a built site.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read(folder: &Path) -> io::Result<Self> {
        let mut files = HashMap::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let (Some(name), Some(content_type)) =
                (path.file_name().and_then(|name| name.to_str()), content_type(&path))
            else {
                continue;
            };
            let beside = |suffix: &str| {
                fs::read(path.with_file_name(format!("{name}.{suffix}"))).ok().map(Bytes::from)
            };
            let plain = Bytes::from(fs::read(&path)?);
            files.insert(
                name.to_owned(),
                Asset { content_type, plain, brotli: beside("br"), gzip: beside("gz") },
            );
        }
        Ok(Self(Arc::new(files)))
    }
}

/// `GET /assets/{name}`.
pub async fn asset(
    State(files): State<AssetFiles>,
    name: Result<UrlPath<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    // A name that is not UTF-8 is no file's.
    let UrlPath(name) = name.map_err(|_| ApiError::NotFound)?;
    let asset = files.0.get(&name).ok_or(ApiError::NotFound)?;
    Ok(answer(asset, IMMUTABLE, &headers))
}

/// `GET /favicon.ico`.
pub async fn favicon(
    State(files): State<AssetFiles>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let is_icon = |name: &str| name.starts_with("favicon-") && name.ends_with(".ico");
    let icon = files.0.iter().find(|(name, _)| is_icon(name)).ok_or(ApiError::NotFound)?;
    Ok(answer(icon.1, A_DAY, &headers))
}

fn answer(asset: &Asset, cache_control: &'static str, headers: &HeaderMap) -> Response {
    let (encoding, bytes) = match (&asset.brotli, &asset.gzip) {
        (Some(brotli), _) if accepts(headers, "br") => (Some("br"), brotli),
        (_, Some(gzip)) if accepts(headers, "gzip") => (Some("gzip"), gzip),
        _ => (None, &asset.plain),
    };
    let fixed = [
        (CONTENT_TYPE, asset.content_type),
        (CACHE_CONTROL, cache_control),
        (VARY, "accept-encoding"),
    ];
    let mut response = (fixed, bytes.clone()).into_response();
    if let Some(encoding) = encoding {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// Whether a coding is named in `Accept-Encoding` and not refused there (RFC 9110 section 12.5.3).
pub(super) fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|entry| entry.split_once(';').unwrap_or((entry, "")))
        .any(|(name, weight)| {
            let weight = weight.trim().strip_prefix("q=").unwrap_or("1");
            name.trim().eq_ignore_ascii_case(coding)
                && weight.parse::<f32>().is_ok_and(|weight| weight > 0.0)
        })
}

fn content_type(path: &Path) -> Option<&'static str> {
    match path.extension()?.to_str()? {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "wasm" => Some("application/wasm"),
        "svg" => Some("image/svg+xml"),
        "png" => Some("image/png"),
        "ico" => Some("image/x-icon"),
        "txt" => Some("text/plain; charset=utf-8"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header::ACCEPT_ENCODING};

    use super::accepts;

    #[test]
    fn a_coding_is_used_only_if_it_is_accepted() {
        let headers = |value: &'static str| {
            HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(value))])
        };
        for yes in ["br", "gzip, deflate, br", "gzip;q=1.0, BR;q=0.5", " br ; q=1"] {
            assert!(accepts(&headers(yes), "br"), "{yes}");
        }
        for no in ["", "gzip", "br;q=0", "br; q=0.0", "brotli"] {
            assert!(!accepts(&headers(no), "br"), "{no}");
        }
        assert!(!accepts(&HeaderMap::new(), "br"));
    }
}
