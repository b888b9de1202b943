//! The issuer's public key in all the forms a program may store it in, each of which must not work as a shared secret
//! (RFC 8725 section 2.1).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::base64url::{b64, unb64};

/// `SubjectPublicKeyInfo` of a P-256 key up to the point (RFC 5480 section 2).
const SPKI_OF_P256: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// A P-256 key.
#[derive(Clone)]
pub(crate) struct PublicKey {
    pub(crate) kid: String,
    x: Vec<u8>,
    y: Vec<u8>,
    jwk: String,
}

impl PublicKey {
    pub(crate) fn of(jwk: &Value) -> Self {
        let text = |name: &str| jwk[name].as_str().expect("a member of the key").to_owned();
        Self { kid: text("kid"), x: unb64(&text("x")), y: unb64(&text("y")), jwk: jwk.to_string() }
    }

    /// The JWK (RFC 7517), with `use` and `alg`.
    pub(crate) fn jwk(&self) -> Value {
        serde_json::from_str(&self.jwk).expect("what was read before")
    }

    /// With the required members only, in the order of RFC 7638 section 3.2.
    fn bare_jwk(&self) -> String {
        format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, b64(&self.x), b64(&self.y))
    }

    /// SEC 1 section 2.3.3.
    fn uncompressed(&self) -> Vec<u8> {
        [&[4], &self.x[..], &self.y].concat()
    }

    fn compressed(&self) -> Vec<u8> {
        let parity = self.y.last().expect("32 bytes") & 1;
        [&[2 + parity], &self.x[..]].concat()
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        [&SPKI_OF_P256[..], &self.uncompressed()].concat()
    }

    /// RFC 7468: lines of 64 characters.
    pub(crate) fn pem(&self) -> String {
        let base64 = STANDARD.encode(self.der());
        let (first, second) = base64.split_at(64);
        format!("-----BEGIN PUBLIC KEY-----\n{first}\n{second}\n-----END PUBLIC KEY-----")
    }

    /// Every form, by its name. The most likely ones come first.
    pub(crate) fn forms(&self, jwks: &str) -> Vec<(&'static str, Vec<u8>)> {
        let pem = self.pem();
        vec![
            ("PEM", pem.clone().into_bytes()),
            ("PEM with a last newline", format!("{pem}\n").into_bytes()),
            ("DER", self.der()),
            ("JWK", self.jwk.clone().into_bytes()),
            ("the uncompressed point", self.uncompressed()),
            ("PEM with CR LF", pem.replace('\n', "\r\n").into_bytes()),
            ("PEM without its frame", STANDARD.encode(self.der()).into_bytes()),
            ("a JWK of its required members", self.bare_jwk().into_bytes()),
            ("the whole key set", jwks.as_bytes().to_vec()),
            ("the compressed point", self.compressed()),
            ("x and y", [&self.x[..], &self.y].concat()),
            ("x", self.x.clone()),
            ("y", self.y.clone()),
            ("x in base64url", b64(&self.x).into_bytes()),
            ("the point in hexadecimal", hex(&self.uncompressed()).into_bytes()),
            ("its thumbprint", self.kid.clone().into_bytes()),
        ]
    }
}

/// A JWK of a point in SEC 1 form.
pub(crate) fn jwk_of_point(crv: &str, point: &[u8]) -> Value {
    let (x, y) = point[1..].split_at((point.len() - 1) / 2);
    json!({"kty": "EC", "crv": crv, "x": b64(x), "y": b64(y)})
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
