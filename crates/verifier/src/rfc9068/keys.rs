//! The public keys of an RFC 9068 issuer, each with its one algorithm.

use std::collections::BTreeMap;

use aws_lc_rs::signature::{
    ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};

use super::algorithm::Algorithm;
use super::header::is_key_id;
use crate::jwks::{MAX_JWKS_BYTES, check_public, has_verify, is, p256};
use crate::strict_json::{self, Json, Object};
use crate::{KeyError, PublicKey, Rejection, base64url, jws};

/// RSA keys of 2,048 bits at least (RFC 7518 section 3.3), and of 4,096 at most: larger ones are slow to verify.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2_048..=4_096;
/// The one public exponent, 65,537: small ones have a history of attacks, and no issuer needs another.
const RSA_EXPONENT: &[u8] = &[1, 0, 1];

/// A public key. Its algorithm is part of it: no token can choose another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    Es256(PublicKey),
    EdDsa([u8; 32]),
    /// The modulus.
    Rs256(Vec<u8>),
    /// The modulus.
    Ps256(Vec<u8>),
}

impl Key {
    pub(super) const fn algorithm(&self) -> Algorithm {
        match self {
            Self::Es256(_) => Algorithm::Es256,
            Self::EdDsa(_) => Algorithm::EdDsa,
            Self::Rs256(_) => Algorithm::Rs256,
            Self::Ps256(_) => Algorithm::Ps256,
        }
    }

    /// Verifies that the owner of this key signed `signing_input` (RFC 7515 section 5.2).
    pub(super) fn verify(&self, signing_input: &[u8], signature: &[u8]) -> Result<(), Rejection> {
        let verified = match self {
            Self::Es256(key) => return jws::verify(signing_input, signature, key),
            Self::EdDsa(x) => UnparsedPublicKey::new(&ED25519, x).verify(signing_input, signature),
            Self::Rs256(n) => rsa(n).verify(&RSA_PKCS1_2048_8192_SHA256, signing_input, signature),
            Self::Ps256(n) => rsa(n).verify(&RSA_PSS_2048_8192_SHA256, signing_input, signature),
        };
        verified.map_err(|_| Rejection::BadSignature)
    }
}

fn rsa(n: &[u8]) -> RsaPublicKeyComponents<&[u8]> {
    RsaPublicKeyComponents { n, e: RSA_EXPONENT }
}

/// The keys of an RFC 9068 issuer, by the `kid` that the issuer gave them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeySet(BTreeMap<String, Key>);

impl KeySet {
    /// Parses a JWK set (RFC 7517) and retains the keys for an algorithm in `allowed`, each with exactly one: its
    /// `alg`, or without one the only allowed algorithm that fits it. An RSA key without `alg` is ignored if both
    /// [`Algorithm::Rs256`] and [`Algorithm::Ps256`] are allowed.
    ///
    /// Keys without `kid`, and keys of other types, sizes or uses, are ignored, as RFC 7517 section 5 recommends. The
    /// result may be empty; then every token is refused.
    ///
    /// # Errors
    /// [`KeyError`] if the set cannot be trusted at all: it is not strict JSON, is too long, holds a private member,
    /// or two keys that a token would name alike.
    pub fn from_jwks(json: &str, allowed: &[Algorithm]) -> Result<Self, KeyError> {
        if json.len() > MAX_JWKS_BYTES {
            return Err(KeyError::TooLong);
        }
        let set = strict_json::parse_object(json.as_bytes()).map_err(KeyError::Json)?;
        let Some(Json::Array(jwks)) = set.get("keys") else {
            return Err(KeyError::NotAKeySet);
        };
        let mut keys = BTreeMap::new();
        for jwk in jwks {
            let Json::Object(jwk) = jwk else {
                return Err(KeyError::NotAKeySet);
            };
            check_public(jwk)?;
            let Some((kid, key)) = usable(jwk, allowed) else { continue };
            if keys.insert(kid, key).is_some() {
                return Err(KeyError::SameKeyId);
            }
        }
        Ok(Self(keys))
    }

    /// The number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no key, so that every token is refused.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn get(&self, kid: &str) -> Option<&Key> {
        self.0.get(kid)
    }
}

/// The key in `jwk` under its `kid`, if it is one that verifies signatures of one allowed algorithm.
fn usable(jwk: &Object, allowed: &[Algorithm]) -> Option<(String, Key)> {
    // RFC 7517 sections 4.2 and 4.3: optional, and binding where present.
    let verifies = jwk.get("use").is_none_or(|purpose| is(purpose, "sig"))
        && jwk.get("key_ops").is_none_or(has_verify);
    let Some(Json::String(kid)) = jwk.get("kid").filter(|_| verifies) else { return None };
    let key = match algorithm(jwk, allowed)? {
        Algorithm::Es256 => Key::Es256(p256(jwk)?),
        Algorithm::EdDsa => Key::EdDsa(bytes(jwk, "x")?.try_into().ok()?),
        Algorithm::Rs256 => Key::Rs256(modulus(jwk)?),
        Algorithm::Ps256 => Key::Ps256(modulus(jwk)?),
    };
    is_key_id(kid).then(|| (kid.clone(), key))
}

/// The one allowed algorithm of this key, if it is one.
fn algorithm(jwk: &Object, allowed: &[Algorithm]) -> Option<Algorithm> {
    let kty = jwk.get("kty")?;
    let on_curve = |curve| jwk.get("crv").is_some_and(|crv| is(crv, curve));
    let fits = |one: Algorithm| match one {
        Algorithm::Es256 => is(kty, "EC") && on_curve("P-256"),
        Algorithm::EdDsa => is(kty, "OKP") && on_curve("Ed25519"),
        Algorithm::Rs256 | Algorithm::Ps256 => is(kty, "RSA"),
    };
    let is_named = |one: Algorithm| jwk.get("alg").is_none_or(|alg| is(alg, one.name()));
    let candidates = Algorithm::ALL.into_iter().filter(|one| allowed.contains(one));
    let mut candidates = candidates.filter(|one| fits(*one) && is_named(*one));
    candidates.next().filter(|_| candidates.next().is_none())
}

/// RFC 7518 section 6.3.1: the modulus, without leading zeros, beside the one exponent.
fn modulus(jwk: &Object) -> Option<Vec<u8>> {
    let (n, e) = (bytes(jwk, "n")?, bytes(jwk, "e")?);
    let leading_zeros = usize::try_from(n.first()?.leading_zeros()).ok()?;
    let is_strong = leading_zeros < 8 && RSA_BITS.contains(&(n.len() * 8 - leading_zeros));
    (is_strong && e == RSA_EXPONENT).then_some(n)
}

fn bytes(jwk: &Object, name: &str) -> Option<Vec<u8>> {
    match jwk.get(name)? {
        Json::String(text) => base64url::decode(text),
        _ => None,
    }
}
