//! A valid token, with the means to change one part of it: its claims, its issuer's JWKS, and the key that signed it.

use std::fmt;

use serde_json::{Map, Value, json};

use crate::base64url::{b64, unb64};
use crate::public_key::PublicKey;

/// Signs bytes; returns r and s.
type Sign = dyn Fn(&[u8]) -> Vec<u8>;

/// A valid token, with access to its signing key.
pub struct Original {
    token: String,
    header: Value,
    claims: Value,
    key: PublicKey,
    other_kid: String,
    jwks: String,
    sign: Box<Sign>,
}

impl fmt::Debug for Original {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Original").field("claims", &self.claims).finish_non_exhaustive()
    }
}

impl Original {
    /// `token` was signed by `sign`, which returns r and s (RFC 7518 section 3.4), with one of the keys of `jwks`. A
    /// second key is required: its `kid` is one of the forgeries.
    ///
    /// # Panics
    /// If one of these conditions does not hold.
    #[must_use]
    pub fn new(token: &str, jwks: &str, sign: impl Fn(&[u8]) -> Vec<u8> + 'static) -> Self {
        let [header, claims, _] = parts(token);
        let header: Value = serde_json::from_slice(&unb64(header)).expect("a header in JSON");
        let claims = serde_json::from_slice(&unb64(claims)).expect("claims in JSON");
        let published: Value = serde_json::from_str(jwks).expect("a key set");
        let published = published["keys"].as_array().expect("a list of keys");
        let own = published.iter().find(|jwk| jwk["kid"] == header["kid"]);
        let other = published.iter().find(|jwk| jwk["kid"] != header["kid"]);
        Self {
            token: token.to_owned(),
            key: PublicKey::of(own.expect("the key of the token is published")),
            other_kid: string(&other.expect("a second key is published")["kid"]),
            header,
            claims,
            jwks: jwks.to_owned(),
            sign: Box::new(sign),
        }
    }

    /// The valid token itself: the control of every test.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The same header and claims with a new signature: the control that the signatures of changed tokens are valid.
    #[must_use]
    pub fn resealed(&self) -> String {
        self.sealed(self.header_text(), self.claims_text())
    }

    /// The published key set.
    #[must_use]
    pub fn jwks(&self) -> &str {
        &self.jwks
    }

    pub(crate) fn parts(&self) -> [&str; 3] {
        parts(&self.token)
    }

    /// r and s.
    pub(crate) fn signature(&self) -> Vec<u8> {
        unb64(self.parts()[2])
    }

    pub(crate) const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The `kid` of a published key that did not sign the token.
    pub(crate) fn other_kid(&self) -> &str {
        &self.other_kid
    }

    /// A claim that is present.
    pub(crate) fn claim(&self, name: &str) -> &Value {
        self.claims.get(name).expect("a claim of the original")
    }

    pub(crate) fn instant(&self, name: &str) -> i64 {
        self.claim(name).as_i64().expect("an instant")
    }

    pub(crate) fn issuer(&self) -> String {
        string(self.claim("iss"))
    }

    /// The first audience.
    pub(crate) fn audience(&self) -> String {
        let aud = self.claim("aud");
        string(aud.get(0).unwrap_or(aud))
    }

    pub(crate) fn kid(&self) -> String {
        string(&self.header["kid"])
    }

    pub(crate) fn header_text(&self) -> String {
        self.header.to_string()
    }

    pub(crate) fn claims_text(&self) -> String {
        self.claims.to_string()
    }

    pub(crate) fn header_with(&self, name: &str, value: impl Into<Value>) -> String {
        with(&self.header, name, value.into())
    }

    pub(crate) fn claims_with(&self, name: &str, value: impl Into<Value>) -> String {
        with(&self.claims, name, value.into())
    }

    pub(crate) fn header_without(&self, name: &str) -> String {
        without(&self.header, name)
    }

    pub(crate) fn claims_without(&self, name: &str) -> String {
        without(&self.claims, name)
    }

    /// A claim with a value that no library would write.
    pub(crate) fn claims_with_raw(&self, name: &str, value: &str) -> String {
        prepended(&self.claims_without(name), &format!("\"{name}\":{value}"))
    }

    /// Any header and payload, signed by the issuer.
    pub(crate) fn sealed(&self, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
        self.seal(&format!("{}.{}", b64(header), b64(payload)))
    }

    /// Any signing input, with the issuer's signature.
    pub(crate) fn seal(&self, signing_input: &str) -> String {
        format!("{signing_input}.{}", b64((self.sign)(signing_input.as_bytes())))
    }

    /// The issuer's signature over any bytes.
    pub(crate) fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        (self.sign)(bytes)
    }

    /// The input of the original's signature.
    pub(crate) fn signing_input(&self) -> String {
        let [header, payload, _] = self.parts();
        format!("{header}.{payload}")
    }

    /// The original with another signature.
    pub(crate) fn with_signature(&self, signature: &[u8]) -> String {
        format!("{}.{}", self.signing_input(), b64(signature))
    }
}

fn parts(token: &str) -> [&str; 3] {
    let parts: Vec<&str> = token.split('.').collect();
    parts.try_into().expect("three parts")
}

fn string(value: &Value) -> String {
    value.as_str().expect("a string").to_owned()
}

fn members(object: &Value) -> Map<String, Value> {
    object.as_object().expect("an object").clone()
}

fn with(object: &Value, name: &str, value: Value) -> String {
    let mut members = members(object);
    members.insert(name.to_owned(), value);
    json!(members).to_string()
}

fn without(object: &Value, name: &str) -> String {
    let mut members = members(object);
    members.remove(name);
    json!(members).to_string()
}

/// A JSON object with more members in front.
pub(crate) fn prepended(object: &str, members: &str) -> String {
    let rest = object.strip_prefix('{').expect("an object");
    format!("{{{members},{rest}")
}

/// A JSON object with more members at the end.
pub(crate) fn appended(object: &str, members: &str) -> String {
    let rest = object.strip_suffix('}').expect("an object");
    format!("{rest},{members}}}")
}
