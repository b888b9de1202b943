//! The JOSE header of a token (RFC 7515 section 4). It must not look up a key: until the signature is verified, a
//! header is an attacker's input. Next: `keys.rs` for the lookup, `jws.rs` for the signature.

use crate::Rejection;
use crate::strict_json::{self, Json, Object};

/// The one algorithm of all keys (RFC 7518 section 3.4).
pub(crate) const ALGORITHM: &str = "ES256";
/// The one type of an access token (RFC 9068 section 2.1).
pub(crate) const ACCESS_TOKEN_TYPE: &str = "at+jwt";
/// The one type of a status list token (Token Status List section 5.1).
pub(crate) const STATUS_LIST_TYPE: &str = "statuslist+jwt";
/// A thumbprint has 43 characters; this leaves room.
const MAX_KEY_ID_BYTES: usize = 128;

/// Members that embed another key, or refer to one. RFC 9068 section 4: the resource server MUST use the keys
/// provided by the authorization server.
const FOREIGN_KEYS: [&str; 6] = ["jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256"];
/// RFC 7515 section 4.1.11: if an extension listed in `crit` is not understood, the JWS is invalid. This crate
/// understands none, and an empty list is not allowed. `b64` changes the input of the signature (RFC 7797 section 3);
/// `enc` and `zip` belong to a JWE (RFC 7516 sections 4.1.2 and 4.1.3).
const EXTENSIONS: [&str; 4] = ["crit", "b64", "enc", "zip"];

/// Checks the header and returns the `kid`. `typ` is the one token type that the caller accepts, against cross-JWT
/// confusion (RFC 8725 section 2.8).
///
/// Members that are neither required nor forbidden are ignored (RFC 7515 section 4).
pub(crate) fn key_id(unverified_header: &[u8], typ: &str) -> Result<String, Rejection> {
    let mut header = strict_json::parse_object(unverified_header).map_err(Rejection::HeaderJson)?;
    check_algorithm(&header)?;
    check_forbidden(&header)?;
    check_type(&header, typ)?;
    match header.remove("kid") {
        Some(Json::String(kid)) if is_key_id(&kid) => Ok(kid),
        _ => Err(Rejection::KeyId),
    }
}

/// RFC 8725 section 3.1: each key MUST be used with exactly one algorithm, and this MUST be
/// checked. RFC 9068 section 4: `none` MUST be rejected. RFC 7515 section 4.1.1: names of
/// algorithms are case-sensitive.
fn check_algorithm(header: &Object) -> Result<(), Rejection> {
    match header.get("alg") {
        Some(Json::String(alg)) if alg == ALGORITHM => Ok(()),
        _ => Err(Rejection::WrongAlgorithm),
    }
}

pub(crate) fn check_forbidden(header: &Object) -> Result<(), Rejection> {
    let mut forbidden = FOREIGN_KEYS.into_iter().chain(EXTENSIONS);
    match forbidden.find(|name| header.contains_key(*name)) {
        Some(name) => Err(Rejection::ForbiddenHeader(name)),
        None => Ok(()),
    }
}

/// RFC 9068 section 4: `typ` MUST be `at+jwt` or `application/at+jwt`, any other value rejected. Token Status List
/// section 5.1: `typ` MUST be `statuslist+jwt`.
///
/// Stricter here: by RFC 7515 section 4.1.9 both spellings, in any letter case, mean the same. Baton writes exactly
/// one (RFC 9068 section 2.1 recommends it), so the others could only come from another issuer.
fn check_type(header: &Object, expected: &str) -> Result<(), Rejection> {
    match header.get("typ") {
        Some(Json::String(typ)) if typ == expected => Ok(()),
        _ => Err(Rejection::WrongType),
    }
}

/// RFC 8725 section 3.10: do not trust received claims, `kid` by name. This alphabet allows no path traversal, no
/// injection into a query or a log.
fn is_key_id(kid: &str) -> bool {
    (1..=MAX_KEY_ID_BYTES).contains(&kid.len())
        && kid.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}
