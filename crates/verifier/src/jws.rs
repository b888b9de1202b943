//! The signature of a token, ES256 and nothing else. It must not know what was signed. Next:
//! `claims.rs`, which reads the payload once the signature holds.

use jsonwebtoken::crypto::aws_lc;
use jsonwebtoken::{Algorithm, DecodingKey};

use crate::{PublicKey, Rejection};

/// The length of an ES256 signature: R and S, 32 bytes each.
const SIGNATURE_BYTES: usize = 64;

/// Verifies that the owner of `key` signed `signing_input` (RFC 7515 section 5.2).
///
/// `signing_input` is the encoded header, a period and the encoded payload, as they were sent;
/// `signature` is decoded. Of a signature (r, s) its twin (r, n − s) holds too: ECDSA is so, and
/// RFC 7518 does not ask for the lower one. Nothing may therefore be keyed by a token's bytes.
///
/// # Errors
/// [`Rejection::BadSignature`].
pub fn verify(signing_input: &[u8], signature: &[u8], key: &PublicKey) -> Result<(), Rejection> {
    // RFC 7518 section 3.4: if the signature is not a 64-octet sequence, the validation has
    // failed. So a DER-encoded signature never holds.
    let signature: [u8; SIGNATURE_BYTES] =
        signature.try_into().map_err(|_| Rejection::BadSignature)?;
    // RFC 8725 section 3.1: exactly one algorithm for each key. It is named here and not taken
    // from the token. The provider is named as well: the process-wide one panics at first use
    // when any crate of the build enables a second.
    let decoding_key = DecodingKey::from_ec_der(key.uncompressed_point());
    (aws_lc::DEFAULT_PROVIDER.verifier_factory)(&Algorithm::ES256, &decoding_key)
        .expect("an elliptic-curve key suits ES256")
        .verify(signing_input, &signature.to_vec())
        .map_err(|_| Rejection::BadSignature)
}
