//! The JOSE header of an access token of any RFC 9068 issuer. It must not look up a key: until the signature is
//! verified, a header is an attacker's input.

use super::algorithm::Algorithm;
use crate::Rejection;
use crate::header::check_forbidden;
use crate::strict_json::{self, Json};

/// The longest `kid`. It is looked up in a map and never logged, so any visible ASCII is allowed.
const MAX_KEY_ID_BYTES: usize = 256;

/// What the header names, all unverified.
pub(super) struct Named {
    pub(super) algorithm: Algorithm,
    pub(super) kid: String,
}

pub(super) fn read(unverified_header: &[u8]) -> Result<Named, Rejection> {
    let mut header = strict_json::parse_object(unverified_header).map_err(Rejection::HeaderJson)?;
    // RFC 9068 section 4: `none` MUST be rejected. It is no algorithm here, nor is a symmetric one.
    let algorithm = match header.get("alg") {
        Some(Json::String(name)) => Algorithm::named(name),
        _ => None,
    };
    let algorithm = algorithm.ok_or(Rejection::NotTheKeysAlgorithm)?;
    check_forbidden(&header)?;
    match header.get("typ") {
        Some(Json::String(typ)) if is_access_token(typ) => {}
        _ => return Err(Rejection::WrongType),
    }
    match header.remove("kid") {
        Some(Json::String(kid)) if is_key_id(&kid) => Ok(Named { algorithm, kid }),
        _ => Err(Rejection::KeyId),
    }
}

/// RFC 9068 section 4: `typ` MUST be `at+jwt` or `application/at+jwt`, any other value rejected. RFC 2045 section
/// 5.1: media types are case-insensitive.
fn is_access_token(typ: &str) -> bool {
    ["at+jwt", "application/at+jwt"].iter().any(|one| typ.eq_ignore_ascii_case(one))
}

pub(super) fn is_key_id(kid: &str) -> bool {
    (1..=MAX_KEY_ID_BYTES).contains(&kid.len()) && kid.bytes().all(|it| it.is_ascii_graphic())
}
