//! The CSRF check: the proof that a state-changing call comes from a page of this origin. `SameSite=Strict` is
//! enforced by the browser; this is the server's own check. It must run before any state changes.
//!
//! Not tower-http's `CsrfLayer`: a route can lie outside a layer, but not outside its own signature; and the layer
//! accepts any `Origin` that equals `Host`, as after DNS rebinding, where here the configured origin is required.

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header::ORIGIN};

use super::foreign_cause::ForeignCause;
use crate::config::Origin;
use crate::http::error::ApiError;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The call comes from this origin, or from a client that is not a browser.
pub struct SameOrigin;

impl<S: Send + Sync> FromRequestParts<S> for SameOrigin
where
    Origin: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let accepted = Origin::from_ref(state);
        match foreign(&parts.headers, &accepted) {
            Ok(()) => Ok(Self),
            Err(cause) => Err(ApiError::CrossSite { accepted, cause }),
        }
    }
}

fn foreign(headers: &HeaderMap, accepted: &Origin) -> Result<(), ForeignCause> {
    let origin = only(headers, &ORIGIN)?;
    match (only(headers, &SEC_FETCH_SITE)?, origin) {
        // `Origin` decides first: a request of another origin (or `null`) is refused.
        (_, Some("null")) => Err(ForeignCause::OpaqueOrigin),
        (_, Some(named)) if named != accepted.as_str() => Err(ForeignCause::Origin),
        (Some("same-origin"), _) => Ok(()),
        // A user's own navigation, or a browser too old for the header: only with our origin.
        (Some("none") | None, Some(_)) => Ok(()),
        // Not a browser: it has no ambient cookies for CSRF.
        (None, None) => Ok(()),
        (Some(_), _) => Err(ForeignCause::FetchSite),
    }
}

/// The header's only value; no honest client sends two.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, ForeignCause> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| ForeignCause::Unreadable),
        (Some(_), Some(_)) => Err(ForeignCause::Unreadable),
    }
}
