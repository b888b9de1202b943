//! Content-Security-Policy (CSP level 3; ASVS 5.0.0 V3.4.3): one policy for each kind of response. All begin with
//! `default-src 'none'`, so that a type of resource that no directive names is refused, and none may be framed.

use std::fmt::Display;

use axum::http::HeaderValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// Responses other than pages: a browser that renders one anyway must run no script and load no resource.
pub(super) const NO_PAGE: &str =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A page: scripts from our files or by this response's nonce, none inline, so that injected markup runs none (XSS);
/// no resource of another origin. `'wasm-unsafe-eval'` allows WebAssembly, not `eval`.
pub(super) fn page(nonce: &impl Display) -> HeaderValue {
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; \
         font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'; object-src 'none'"
    );
    HeaderValue::from_str(&policy).expect("a nonce is base64")
}

/// The error page for a request that is too large: it loads no style sheet, so its inline style is allowed by its
/// hash; the browser may ask for an icon.
pub(super) fn refusal_page(style: &str) -> HeaderValue {
    let hash = STANDARD.encode(Sha256::digest(style));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).expect("base64 is visible ASCII")
}
