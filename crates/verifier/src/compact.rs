//! The outermost form of a token: JWS compact serialisation (RFC 7515 section 7.1). It must not
//! know what the parts mean, nor trust them. Next: `header.rs` reads the first part.

use crate::{Rejection, base64url};

/// A token taken apart. Nothing in it is verified.
pub(crate) struct Compact<'t> {
    /// What the signature is over: header and payload as they were sent.
    pub(crate) signing_input: &'t [u8],
    /// Bytes that should be a JSON object.
    pub(crate) header: Vec<u8>,
    /// Bytes that should be a JSON object. Not to be read before the signature holds.
    pub(crate) payload: Vec<u8>,
    /// Bytes that should be a signature.
    pub(crate) signature: Vec<u8>,
}

impl<'t> Compact<'t> {
    /// Takes `unverified_token` apart. Whatever is longer than `longest` bytes is not looked at.
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
        // RFC 7515 section 5.2: each part is decoded following the restriction that no line
        // breaks, white space or other additional characters have been used.
        Ok(Self {
            signing_input: signing_input.as_bytes(),
            header: base64url::decode(header).ok_or(Rejection::Encoding)?,
            payload: base64url::decode(payload).ok_or(Rejection::Encoding)?,
            signature: base64url::decode(signature).ok_or(Rejection::Encoding)?,
        })
    }
}
