//! JWK thumbprints (RFC 7638): a key's id, computed from the key. Next: `keys.rs`, where each key has its thumbprint
//! as `kid`.
//!
//! Not `jsonwebtoken`'s `Jwk::thumbprint`, which puts `x` and `y` into the JSON as they are and hashes with the
//! process's default provider.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::base64url;

/// The SHA-256 JWK thumbprint (RFC 7638 section 3), in base64url.
///
/// `required_members` are the members that the key type requires, without others, as in section 3.2: `crv`, `kty`,
/// `x`, `y` for an elliptic-curve key, `e`, `kty`, `n` for RSA.
///
/// ```
/// let print = verifier::thumbprint(&[("crv", "P-256"), ("kty", "EC"),
///     ("x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
///     ("y", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")].into());
/// assert_eq!(print, "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
/// ```
#[must_use]
pub fn thumbprint(required_members: &BTreeMap<&str, &str>) -> String {
    // RFC 7638 section 3: no white space, members ordered by the Unicode code points of their names. The map has that
    // order: UTF-8 sorts like its code points.
    let json = serde_json::to_vec(required_members).expect("strings can always be written");
    base64url::encode(&Sha256::digest(json))
}
