//! Compression of pages, which are rendered for each request; assets are compressed by the build.
//!
//! BREACH guesses a secret by the size of a page that repeats the attacker's guess beside it, again and again. A page
//! repeats its URL (`next` in links of the login page), but holds no secret that is there a second time: the refresh
//! cookie authenticates no page, and the nonce of its scripts is another one in each response. Answers of the API,
//! which hold tokens, are never compressed.

use std::io::Write as _;

use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, VARY};
use axum::http::response::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::assets::accepts;

/// Whether the browser takes gzip.
pub(super) fn accepts_gzip(headers: &HeaderMap) -> bool {
    accepts(headers, "gzip")
}

/// A page with this HTML.
pub(super) fn page(mut parts: Parts, html: String, accepts_gzip: bool) -> Response {
    parts.headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if !accepts_gzip {
        return Response::from_parts(parts, html.into());
    }
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    Response::from_parts(parts, gzip(html.as_bytes()).into())
}

fn gzip(html: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(html.len() / 2), Compression::default());
    encoder.write_all(html).and_then(|()| encoder.finish()).expect("memory takes every write")
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;

    use super::gzip;

    #[test]
    fn a_page_is_the_same_after_decompression_and_smaller_before() {
        let html = "<p>relay</p>".repeat(100);
        let compressed = gzip(html.as_bytes());
        assert!(compressed.len() < html.len() / 2);
        let mut text = String::new();
        GzDecoder::new(&*compressed).read_to_string(&mut text).expect("it is gzip");
        assert_eq!(text, html);
    }
}
