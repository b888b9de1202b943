//! `GET /.well-known/oauth-authorization-server`: authorization server metadata (RFC 8414).

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use shared::path;

use super::cached::cached;
use crate::auth::token::access_token::CLIENT_ID;
use crate::auth::token::issue_tokens::TokenIssuer;

const JSON: &str = "application/json";
/// Client authentication of services (RFC 6749 section 2.3.1).
const BASIC: &str = "client_secret_basic";
const POST: &str = "client_secret_post";

/// RFC 8414 section 2. Members that Baton does not have are absent.
#[derive(Serialize)]
struct Metadata<'a> {
    /// Exactly the text of `iss`.
    issuer: &'a str,
    jwks_uri: String,
    /// Of native clients, with the refresh grant only. The site's own client refreshes with its cookie, elsewhere.
    token_endpoint: String,
    token_endpoint_auth_methods_supported: [&'static str; 1],
    grant_types_supported: [&'static str; 1],
    /// REQUIRED, and must not be empty: there is no authorization through a redirect.
    response_types_supported: [&'static str; 1],
    revocation_endpoint: String,
    /// `none`: possession of the token suffices.
    revocation_endpoint_auth_methods_supported: [&'static str; 3],
    introspection_endpoint: String,
    introspection_endpoint_auth_methods_supported: [&'static str; 2],
    /// Not of an RFC: the site's own client.
    client_id: &'static str,
}

/// 200 with the document, which may be cached as long as the keys.
pub async fn metadata(State(tokens): State<Arc<TokenIssuer>>, request: HeaderMap) -> Response {
    let issuer = tokens.access_tokens.issuer();
    let at = |path: &str| format!("{issuer}{path}");
    let document = Metadata {
        issuer,
        jwks_uri: at(path::JWKS),
        token_endpoint: at(path::TOKEN),
        token_endpoint_auth_methods_supported: ["none"],
        grant_types_supported: ["refresh_token"],
        response_types_supported: ["none"],
        revocation_endpoint: at(path::REVOKE),
        revocation_endpoint_auth_methods_supported: ["none", BASIC, POST],
        introspection_endpoint: at(path::INTROSPECT),
        introspection_endpoint_auth_methods_supported: [BASIC, POST],
        client_id: CLIENT_ID,
    };
    let document = serde_json::to_string(&document).expect("texts and lists of texts");
    cached(&request, JSON, tokens.keys.jwks_cache_seconds(), document)
}
