//! Base64url (RFC 7515 section 2). It must stay the only decoder of the crate, so that no part of a token or key has
//! a second spelling. Next: `compact.rs` and `jwks.rs` use it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Decodes canonical, unpadded base64url; `None` for any other text.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    // RFC 7515 section 2: all trailing '=' characters omitted, no line breaks, white space or other additional
    // characters. RFC 4648 section 3.5: unused trailing bits MUST be zero; the engine rejects others, so each value
    // has exactly one text.
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Encodes to unpadded base64url.
pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
