//! JWKS, sets of keys as JSON (RFC 7517). `remote.rs` fetches and caches them, and hands the text in. For a single
//! key see `keys.rs`.

use serde::Serialize;

use crate::header::ALGORITHM;
use crate::keys::{COORDINATE_BYTES, UNCOMPRESSED};
use crate::strict_json::{self, Json, Object};
use crate::{KeyError, KeySet, PublicKey, base64url};

/// Some three hundred keys of ours; an issuer publishes two or three.
pub(crate) const MAX_JWKS_BYTES: usize = 64 * 1024;

/// Members that only a private or a symmetric key has (RFC 7518 sections 6.2.2, 6.3.2 and 6.4).
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

impl KeySet {
    /// Parses a JWK set and retains the keys that verify ES256 signatures.
    ///
    /// Keys of other types, curves, uses or algorithms, and keys whose members are missing or unusable, are ignored,
    /// as RFC 7517 section 5 recommends: an issuer may publish more kinds. The result may be empty; then every token
    /// is refused.
    ///
    /// A `kid` may be absent; the key's id is its thumbprint in any case. Baton uses no other id, so a usable key
    /// under another `kid` invalidates the whole set: that could be the id of another key.
    ///
    /// # Errors
    /// [`KeyError`] if the set cannot be trusted at all: it is not strict JSON, is too long, holds a private member
    /// or a wrong `kid`.
    pub fn from_jwks(json: &str) -> Result<Self, KeyError> {
        if json.len() > MAX_JWKS_BYTES {
            return Err(KeyError::TooLong);
        }
        // RFC 7517 sections 4 and 5: member names within a JWK and a JWK set MUST be unique.
        let set = strict_json::parse_object(json.as_bytes()).map_err(KeyError::Json)?;
        // RFC 7517 section 5: a JWK set MUST have a `keys` member, an array of JWKs.
        let Some(Json::Array(jwks)) = set.get("keys") else {
            return Err(KeyError::NotAKeySet);
        };
        let mut keys = Self::default();
        for jwk in jwks {
            let Json::Object(jwk) = jwk else {
                return Err(KeyError::NotAKeySet);
            };
            check_public(jwk)?;
            if let Some(key) = usable(jwk) {
                check_name(jwk, &key)?;
                keys = keys.with(key);
            }
        }
        Ok(keys)
    }

    /// Serializes the set as a JWK set: public members only, the same text for the same keys.
    #[must_use]
    pub fn to_jwks(&self) -> String {
        let keys = self.iter().map(Jwk::from).collect();
        serde_json::to_string(&JwkSet { keys }).expect("strings can always be written")
    }
}

/// RFC 7517 section 9.2: private and symmetric key values MUST be protected from disclosure. A published set
/// discloses them, for any type of key.
pub(crate) fn check_public(jwk: &Object) -> Result<(), KeyError> {
    match PRIVATE_MEMBERS.into_iter().find(|name| jwk.contains_key(*name)) {
        Some(name) => Err(KeyError::PrivateMember(name)),
        None => Ok(()),
    }
}

/// The key in `jwk`, if it is one that verifies ES256 signatures.
fn usable(jwk: &Object) -> Option<PublicKey> {
    let wanted = is(jwk.get("kty")?, "EC")
        && is(jwk.get("crv")?, "P-256")
        // RFC 7517 sections 4.2 to 4.4: optional, and binding where present.
        && jwk.get("use").is_none_or(|purpose| is(purpose, "sig"))
        && jwk.get("alg").is_none_or(|alg| is(alg, ALGORITHM))
        && jwk.get("key_ops").is_none_or(has_verify);
    if wanted { p256(jwk) } else { None }
}

/// The point in `jwk`, if it is one of P-256.
pub(crate) fn p256(jwk: &Object) -> Option<PublicKey> {
    let x = coordinate(jwk.get("x")?)?;
    let y = coordinate(jwk.get("y")?)?;
    let point = [&[UNCOMPRESSED], x.as_slice(), y.as_slice()].concat();
    PublicKey::from_uncompressed_point(&point).ok()
}

pub(crate) fn is(value: &Json, expected: &str) -> bool {
    matches!(value, Json::String(text) if text == expected)
}

pub(crate) fn has_verify(key_ops: &Json) -> bool {
    matches!(key_ops, Json::Array(operations) if operations.iter().any(|one| is(one, "verify")))
}

/// RFC 7518 section 6.2.1.2: the length MUST be the full size of a coordinate, here 32 octets.
fn coordinate(value: &Json) -> Option<[u8; COORDINATE_BYTES]> {
    match value {
        Json::String(text) => base64url::decode(text)?.try_into().ok(),
        _ => None,
    }
}

fn check_name(jwk: &Object, key: &PublicKey) -> Result<(), KeyError> {
    if jwk.get("kid").is_none_or(|kid| is(kid, key.kid())) {
        Ok(())
    } else {
        Err(KeyError::WrongKeyId)
    }
}

#[derive(Serialize)]
struct JwkSet<'k> {
    keys: Vec<Jwk<'k>>,
}

/// A published key, its members in the order on the wire.
#[derive(Serialize)]
struct Jwk<'k> {
    kty: &'static str,
    crv: &'static str,
    x: String,
    y: String,
    kid: &'k str,
    r#use: &'static str,
    alg: &'static str,
}

impl<'k> From<&'k PublicKey> for Jwk<'k> {
    fn from(key: &'k PublicKey) -> Self {
        let (x, y) = key.coordinates();
        Self { kty: "EC", crv: "P-256", x, y, kid: key.kid(), r#use: "sig", alg: ALGORITHM }
    }
}
