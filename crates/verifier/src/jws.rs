//! The signature of a token, ES256 only. Next: `claims.rs`, which parses the payload once the signature is verified.

use jsonwebtoken::crypto::aws_lc;
use jsonwebtoken::{Algorithm, DecodingKey};

use crate::{PublicKey, Rejection};

/// The length of an ES256 signature: R and S, 32 bytes each.
const SIGNATURE_BYTES: usize = 64;

/// Verifies that the owner of `key` signed `signing_input` (RFC 7515 section 5.2).
///
/// `signing_input` is the encoded header, a period and the encoded payload, as they were sent; `signature` is
/// decoded. ECDSA signatures are malleable: with (r, s) its twin (r, n − s) is valid too, and RFC 7518 does not
/// require the lower one. So no revocation or cache may use a token's bytes as its key.
pub fn verify(signing_input: &[u8], signature: &[u8], key: &PublicKey) -> Result<(), Rejection> {
    // RFC 7518 section 3.4: if the signature is not a 64-octet sequence, the validation has failed. So a DER-encoded
    // signature is always invalid.
    let signature: [u8; SIGNATURE_BYTES] =
        signature.try_into().map_err(|_| Rejection::BadSignature)?;
    // RFC 8725 section 3.1: exactly one algorithm for each key, a constant here and not the token's choice. The
    // provider is explicit as well: the process-wide one panics at first use when any crate of the build enables a
    // second.
    let decoding_key = DecodingKey::from_ec_der(key.uncompressed_point());
    (aws_lc::DEFAULT_PROVIDER.verifier_factory)(&Algorithm::ES256, &decoding_key)
        .expect("an elliptic-curve key suits ES256")
        .verify(signing_input, &signature.to_vec())
        .map_err(|_| Rejection::BadSignature)
}
