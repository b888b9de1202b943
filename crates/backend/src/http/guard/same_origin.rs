//! The proof that a state-changing call comes from a page of ours: `SameSite=Strict` is a promise of
//! the browser's, this is the server's own check. It must run before anything is changed.

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header::ORIGIN};

use crate::config::Origin;
use crate::http::error::ApiError;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The call comes from this origin, or from no browser at all.
pub struct SameOrigin;

impl<S: Send + Sync> FromRequestParts<S> for SameOrigin
where
    Origin: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let ours = Origin::from_ref(state);
        let origin = only(&parts.headers, &ORIGIN)?.map(|origin| origin == ours.as_str());
        match (only(&parts.headers, &SEC_FETCH_SITE)?, origin) {
            // Whatever else it says, a request that names another origin (or `null`) is not ours.
            (_, Some(false)) => Err(ApiError::CrossSite),
            (Some("same-origin"), _) => Ok(Self),
            // The user's own doing, or a browser too old for the header: only with our origin.
            (Some("none") | None, Some(true)) => Ok(Self),
            // Not a browser: it has no ambient cookies that somebody else could make use of.
            (None, None) => Ok(Self),
            (Some(_), _) => Err(ApiError::CrossSite),
        }
    }
}

/// The header's only value; two are nobody's honest request.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, ApiError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| ApiError::CrossSite),
        (Some(_), Some(_)) => Err(ApiError::CrossSite),
    }
}
