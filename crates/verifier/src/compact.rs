//! The outermost form of a token: JWS compact serialisation (RFC 7515 section 7.1). Next: `header.rs` parses the
//! first part.

use crate::{Rejection, base64url};

/// The decoded parts of a token, all unverified.
pub(crate) struct Compact<'t> {
    /// The input of the signature: header and payload as they were sent.
    pub(crate) signing_input: &'t [u8],
    /// Bytes that should be a JSON object.
    pub(crate) header: Vec<u8>,
    /// Bytes that should be a JSON object. Not to be parsed before the signature is verified.
    pub(crate) payload: Vec<u8>,
    /// Bytes that should be a signature.
    pub(crate) signature: Vec<u8>,
}

impl<'t> Compact<'t> {
    /// Splits and decodes `unverified_token`, of at most `longest` bytes.
    pub(crate) fn parse(unverified_token: &'t str, longest: usize) -> Result<Self, Rejection> {
        if unverified_token.len() > longest {
            return Err(Rejection::TooLong);
        }
        // RFC 7515 section 7.1: header, payload and signature with two periods between them. A JWE
        // has four (RFC 7516 section 7.1).
        let (signing_input, signature) =
            unverified_token.rsplit_once('.').ok_or(Rejection::NotCompact)?;
        let (header, payload) = signing_input.split_once('.').ok_or(Rejection::NotCompact)?;
        if payload.contains('.') {
            return Err(Rejection::NotCompact);
        }
        // RFC 7515 section 5.2: each part is decoded following the restriction that no line breaks, white space or
        // other additional characters have been used.
        Ok(Self {
            signing_input: signing_input.as_bytes(),
            header: base64url::decode(header).ok_or(Rejection::Encoding)?,
            payload: base64url::decode(payload).ok_or(Rejection::Encoding)?,
            signature: base64url::decode(signature).ok_or(Rejection::Encoding)?,
        })
    }
}
