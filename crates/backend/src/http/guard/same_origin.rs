//! CSRF: the proof that a state-changing call comes from a page of ours. `SameSite=Strict` is a promise of
//! the browser's, this is the server's own check. It must run before anything is changed.

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header::ORIGIN};

use crate::config::Origin;
use crate::http::error::ApiError;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The call comes from this origin, or from no browser at all.
pub struct SameOrigin;

/// What speaks against a call. For the log, which does not quote what a client has sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignCause {
    /// `Origin` names another one: another site, or a page that is open at another address of ours.
    Origin,
    /// `Origin` is `null`: a sandboxed page, a file, or a browser that hides it.
    OpaqueOrigin,
    /// `Sec-Fetch-Site` says so.
    FetchSite,
    /// A header stands there twice, or is no text.
    Unreadable,
}

impl ForeignCause {
    /// As it is logged.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Origin => "another origin",
            Self::OpaqueOrigin => "origin null",
            Self::FetchSite => "sec-fetch-site",
            Self::Unreadable => "unreadable headers",
        }
    }
}

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
        // Whatever else it says, a request that names another origin (or `null`) is not ours.
        (_, Some("null")) => Err(ForeignCause::OpaqueOrigin),
        (_, Some(named)) if named != accepted.as_str() => Err(ForeignCause::Origin),
        (Some("same-origin"), _) => Ok(()),
        // The user's own doing, or a browser too old for the header: only with our origin.
        (Some("none") | None, Some(_)) => Ok(()),
        // Not a browser: it has no ambient cookies that another site could use.
        (None, None) => Ok(()),
        (Some(_), _) => Err(ForeignCause::FetchSite),
    }
}

/// The header's only value; two are nobody's honest request.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, ForeignCause> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| ForeignCause::Unreadable),
        (Some(_), Some(_)) => Err(ForeignCause::Unreadable),
    }
}
