//! Versions of notes in HTTP: `ETag`, `If-Match` and `If-None-Match` (RFC 9110 sections 8.8.3 and 13.1). The two date
//! conditions are ignored, as for any resource without `Last-Modified` (sections 13.1.3 and 13.1.4).

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::header::{ETAG, HeaderName, IF_MATCH, IF_NONE_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::error::ApiError;
use crate::note::Versioned;
use crate::precondition::{Evaluated, Preconditions, Versions};

/// A note, with its version in `ETag`.
pub fn tagged(Versioned { note, version }: Versioned) -> impl IntoResponse + use<> {
    ([(ETAG, tag(version))], Json(note))
}

fn tag(version: i64) -> String {
    format!("\"{version}\"")
}

impl<S: Sync> FromRequestParts<S> for Preconditions {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        // `If-Match` compares strongly, so a weak tag matches no version; `If-None-Match` compares weakly.
        Ok(Self {
            one_of: versions(&parts.headers, &IF_MATCH, Weak::Differs)?,
            none_of: versions(&parts.headers, &IF_NONE_MATCH, Weak::Matches)?,
        })
    }
}

impl Preconditions {
    /// For a write: 412 unless the preconditions hold.
    ///
    /// # Errors
    /// 412.
    pub fn for_a_change(&self, current: Option<i64>) -> Result<(), ApiError> {
        match self.evaluate(current) {
            Evaluated::True => Ok(()),
            Evaluated::NotOneOf | Evaluated::OneOf => Err(ApiError::PreconditionFailed),
        }
    }

    /// For a read: 304 if the caller's cached version is current.
    ///
    /// # Errors
    /// 412 if `If-Match` does not hold.
    pub fn for_a_look(&self, current: Option<i64>) -> Result<Option<Response>, ApiError> {
        match self.evaluate(current) {
            Evaluated::True => Ok(None),
            Evaluated::NotOneOf => Err(ApiError::PreconditionFailed),
            Evaluated::OneOf => {
                let mut response = StatusCode::NOT_MODIFIED.into_response();
                if let Some(version) = current {
                    let tag = HeaderValue::from_str(&tag(version)).expect("digits in quotes");
                    response.headers_mut().insert(ETAG, tag);
                }
                Ok(Some(response))
            }
        }
    }
}

/// How a weak tag compares with the version it names (RFC 9110 section 8.8.3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weak {
    Matches,
    Differs,
}

/// The versions that a header names. A well-formed tag that this service never issued matches no version.
fn versions(
    headers: &HeaderMap,
    name: &HeaderName,
    weak: Weak,
) -> Result<Option<Versions>, ApiError> {
    let lines: Vec<&[u8]> = headers.get_all(name).iter().map(HeaderValue::as_bytes).collect();
    if lines.is_empty() {
        return Ok(None);
    }
    // Several header lines are one list (RFC 9110 section 5.3).
    let list = lines.join(&b","[..]);
    if list.trim_ascii() == b"*" {
        return Ok(Some(Versions::Any));
    }
    let tags = tags(&list).ok_or(ApiError::Malformed(
        "`If-Match` and `If-None-Match` are `*`, or entity tags as `ETag` has them.",
    ))?;
    let tags = tags.into_iter().filter(|(is_weak, _)| !is_weak || weak == Weak::Matches);
    Ok(Some(Versions::These(tags.filter_map(|(_, opaque)| version(opaque)).collect())))
}

/// The entity tags of a list, each with whether it is weak. A list may have empty elements (RFC 9110 section
/// 5.6.1.2).
fn tags(mut rest: &[u8]) -> Option<Vec<(bool, &[u8])>> {
    let mut tags = Vec::new();
    loop {
        while let [b' ' | b'\t' | b',', after @ ..] = rest {
            rest = after;
        }
        if rest.is_empty() {
            return (!tags.is_empty()).then_some(tags);
        }
        let strong = rest.strip_prefix(b"W/");
        let quoted = strong.unwrap_or(rest).strip_prefix(b"\"")?;
        let end = quoted.iter().position(|byte| *byte == b'"')?;
        let (opaque, after) = (&quoted[..end], quoted[end + 1..].trim_ascii_start());
        let is_text = opaque.iter().all(|byte| !matches!(*byte, 0..=b' ' | 0x7f));
        if !is_text || !matches!(after, [] | [b',', ..]) {
            return None;
        }
        tags.push((strong.is_some(), opaque));
        rest = after;
    }
}

/// Each version has one spelling: `"02"` is not version 2.
fn version(opaque: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(opaque).ok()?;
    text.parse::<i64>().ok().filter(|version| version.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_may_hold_what_the_grammar_allows_and_nothing_else() {
        for (list, opaque) in [
            (&b"\"\x21\x23\x7e,W/\x80\xff\""[..], Some(&b"\x21\x23\x7e,W/\x80\xff"[..])),
            (b"\t, \"1\"\t,", Some(b"1")),
            (b"W/\"1\"", Some(b"1")),
            (b"\"\x7f\"", None),
            (b"\"\x1f\"", None),
            (b"\"a b\"", None),
            (b"W/ \"1\"", None),
            (b"\"1\"W/\"2\"", None),
        ] {
            let read = tags(list);
            assert_eq!(read.map(|tags| tags[0].1), opaque, "{}", list.escape_ascii());
        }
    }
}
