//! The public keys a verifier trusts, each under its thumbprint. Next: `jwks.rs` for how JWKS are published.

use std::collections::BTreeMap;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};

use crate::{JsonFault, base64url, thumbprint};

/// The length of an x or y coordinate on P-256.
pub(crate) const COORDINATE_BYTES: usize = 32;
const POINT_BYTES: usize = 1 + 2 * COORDINATE_BYTES;
/// SEC 1 section 2.3.3: the first byte of a point written with both coordinates.
pub(crate) const UNCOMPRESSED: u8 = 0x04;

/// A P-256 public key that verifies ES256 signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    kid: String,
    point: [u8; POINT_BYTES],
}

impl PublicKey {
    /// From the 65 bytes of SEC 1 section 2.3.3: `0x04`, x, y.
    ///
    /// # Errors
    /// [`KeyError::NotAPoint`] unless they are a point of the curve P-256.
    pub fn from_uncompressed_point(point: &[u8]) -> Result<Self, KeyError> {
        let point: [u8; POINT_BYTES] = point.try_into().map_err(|_| KeyError::NotAPoint)?;
        // The library would also accept the hybrid form, which begins with 0x06 or 0x07.
        if point[0] != UNCOMPRESSED {
            return Err(KeyError::NotAPoint);
        }
        // RFC 8725 section 3.4: validate all cryptographic inputs. A point off the curve enables invalid-curve
        // attacks, so it never becomes a key.
        ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).map_err(|_| KeyError::NotAPoint)?;
        let (x, y) = coordinates(&point);
        let required = [("crv", "P-256"), ("kty", "EC"), ("x", &x), ("y", &y)];
        Ok(Self { kid: thumbprint(&required.into()), point })
    }

    /// The key's id: its RFC 7638 thumbprint, 43 characters of base64url.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// x and y in base64url.
    pub(crate) fn coordinates(&self) -> (String, String) {
        coordinates(&self.point)
    }

    pub(crate) fn uncompressed_point(&self) -> &[u8] {
        &self.point
    }
}

/// RFC 7518 sections 6.2.1.2 and 6.2.1.3: x and y at the full size of a coordinate.
fn coordinates(point: &[u8; POINT_BYTES]) -> (String, String) {
    let [_, coordinates @ ..] = point;
    let (x, y) = coordinates.split_at(COORDINATE_BYTES);
    (base64url::encode(x), base64url::encode(y))
}

/// The keys an issuer signs with or has signed with: a JWKS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeySet(BTreeMap<String, PublicKey>);

impl KeySet {
    /// The set with `key` in it, at most once.
    #[must_use]
    pub fn with(mut self, key: PublicKey) -> Self {
        self.0.insert(key.kid.clone(), key);
        self
    }

    /// The key whose id is `kid`.
    #[must_use]
    pub fn get(&self, kid: &str) -> Option<&PublicKey> {
        self.0.get(kid)
    }

    /// All keys, ordered by id.
    pub fn iter(&self) -> impl Iterator<Item = &PublicKey> {
        self.0.values()
    }
}

/// Why a key or a JWKS is rejected. Like a rejection, it never quotes the input.
#[derive(thiserror::Error, Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// Not 65 bytes, not uncompressed, or not on the curve.
    #[error("the key is not an uncompressed point of P-256")]
    NotAPoint,
    /// More than 64 KiB.
    #[error("the key set is too long")]
    TooLong,
    /// Not the strict JSON object it has to be.
    #[error("the key set is not a strict JSON object")]
    Json(#[source] JsonFault),
    /// No member `keys`, or not an array of objects.
    #[error("the key set has no array of keys")]
    NotAKeySet,
    /// A private or symmetric key is in the set, and must be revoked.
    #[error("the key set holds the private member `{0}`")]
    PrivateMember(&'static str),
    /// Two keys have the same `kid`.
    #[error("two keys in the set go by one name")]
    SameKeyId,
    /// A key's `kid` is not its thumbprint.
    #[error("a key in the set goes by a name that is not its thumbprint")]
    WrongKeyId,
}
