//! The attacker's keys, of every kind; the issuer's JWKS has none of them.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P256K1_SHA256_FIXED_SIGNING,
    ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
    RsaEncoding, RsaKeyPair,
};
use serde_json::{Value, json};

use crate::base64url::b64;
use crate::issuer::thumbprint;
use crate::public_key::jwk_of_point;

/// The length before the modulus in the DER form of a key of 2048 bits (RFC 8017 appendix A.1.1).
const BEFORE_MODULUS: usize = 9;
const MODULUS_BYTES: usize = 256;

pub(crate) struct Attacker {
    p256: EcdsaKeyPair,
    p384: EcdsaKeyPair,
    p521: EcdsaKeyPair,
    secp256k1: EcdsaKeyPair,
    ed25519: Ed25519KeyPair,
    rsa: RsaKeyPair,
}

impl Attacker {
    pub(crate) fn new() -> Self {
        Self {
            p256: ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING),
            p384: ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING),
            p521: ecdsa(&ECDSA_P521_SHA512_FIXED_SIGNING),
            secp256k1: ecdsa(&ECDSA_P256K1_SHA256_FIXED_SIGNING),
            ed25519: Ed25519KeyPair::generate().expect("a key"),
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).expect("a key"),
        }
    }

    /// A signature of this algorithm with the attacker's key.
    pub(crate) fn sign(&self, alg: &str, message: &[u8]) -> Vec<u8> {
        match alg {
            "ES256" => sign(&self.p256, message),
            "ES384" => sign(&self.p384, message),
            "ES512" => sign(&self.p521, message),
            "ES256K" => sign(&self.secp256k1, message),
            "EdDSA" => self.ed25519.sign(message).as_ref().to_vec(),
            "RS256" => self.sign_rsa(&RSA_PKCS1_SHA256, message),
            "PS256" => self.sign_rsa(&RSA_PSS_SHA256, message),
            _ => unreachable!("the catalogue names no other"),
        }
    }

    fn sign_rsa(&self, padding: &'static dyn RsaEncoding, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; MODULUS_BYTES];
        let random = SystemRandom::new();
        self.rsa.sign(padding, &random, message, &mut signature).expect("a signature");
        signature
    }

    /// Header and payload with a signature of the attacker's P-256 key.
    pub(crate) fn sealed(&self, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
        let input = format!("{}.{}", b64(header), b64(payload));
        format!("{input}.{}", b64(self.sign("ES256", input.as_bytes())))
    }

    /// The P-256 key as a JWK, under the given `kid`.
    pub(crate) fn jwk(&self, kid: &str) -> Value {
        let mut jwk = jwk_of_point("P-256", self.p256.public_key().as_ref());
        jwk["kid"] = json!(kid);
        jwk["use"] = json!("sig");
        jwk["alg"] = json!("ES256");
        jwk
    }

    pub(crate) fn rsa_jwk(&self) -> Value {
        let der = self.rsa.public_key().as_ref();
        let modulus = &der[BEFORE_MODULUS..BEFORE_MODULUS + MODULUS_BYTES];
        json!({"kty": "RSA", "n": b64(modulus), "e": "AQAB", "alg": "RS256"})
    }

    pub(crate) fn thumbprint(&self) -> String {
        thumbprint(&jwk_of_point("P-256", self.p256.public_key().as_ref()))
    }
}

fn ecdsa(algorithm: &'static EcdsaSigningAlgorithm) -> EcdsaKeyPair {
    EcdsaKeyPair::generate(algorithm).expect("a key")
}

fn sign(pair: &EcdsaKeyPair, message: &[u8]) -> Vec<u8> {
    pair.sign(&SystemRandom::new(), message).expect("a signature").as_ref().to_vec()
}
