//! Issuers that follow RFC 9068, one for each algorithm: each signs any header and payload.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair,
};
use serde_json::{Value, json};
use verifier::NumericDate;
use verifier::Rejection;
use verifier::rfc9068::{AccessToken, Algorithm, KeySet, Verifier};

use super::{AUDIENCE, EXP, IAT, ISSUER, NOW, X, Y, b64, sign};

/// A `kid` that is no thumbprint.
pub(crate) const KID: &str = "key:1/a=";

enum Pair {
    /// The key of RFC 7515 appendix A.3.
    P256,
    Ed25519(Ed25519KeyPair),
    Rsa(RsaKeyPair),
}

pub(crate) struct OtherIssuer {
    pub(crate) algorithm: Algorithm,
    pub(crate) alg: &'static str,
    pair: Pair,
}

/// The service's own claims.
#[derive(Debug, PartialEq, serde::Deserialize)]
pub(crate) struct Own {
    pub(crate) groups: Vec<String>,
}

impl OtherIssuer {
    pub(crate) fn es256() -> Self {
        Self { algorithm: Algorithm::Es256, alg: "ES256", pair: Pair::P256 }
    }

    pub(crate) fn eddsa() -> Self {
        let pair = Pair::Ed25519(Ed25519KeyPair::generate().expect("a key"));
        Self { algorithm: Algorithm::EdDsa, alg: "EdDSA", pair }
    }

    pub(crate) fn rs256() -> Self {
        Self { algorithm: Algorithm::Rs256, alg: "RS256", pair: rsa() }
    }

    pub(crate) fn ps256() -> Self {
        Self { algorithm: Algorithm::Ps256, alg: "PS256", pair: rsa() }
    }

    pub(crate) fn all() -> [Self; 4] {
        [Self::es256(), Self::eddsa(), Self::rs256(), Self::ps256()]
    }

    /// The same key, used with another algorithm.
    pub(crate) fn with_algorithm(self, algorithm: Algorithm, alg: &'static str) -> Self {
        Self { algorithm, alg, ..self }
    }

    pub(crate) fn jwk(&self) -> Value {
        let mut jwk = match &self.pair {
            Pair::P256 => json!({"kty": "EC", "crv": "P-256", "x": X, "y": Y}),
            Pair::Ed25519(pair) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": b64(pair.public_key())})
            }
            Pair::Rsa(pair) => {
                // RFC 8017 appendix A.1.1: a sequence of two integers, the first of 257 bytes with its sign.
                let der = pair.public_key().as_ref();
                json!({"kty": "RSA", "n": b64(&der[9..9 + 256]), "e": "AQAB"})
            }
        };
        jwk["kid"] = json!(KID);
        jwk["alg"] = json!(self.alg);
        jwk
    }

    pub(crate) fn keys(&self) -> KeySet {
        KeySet::from_jwks(&json!({"keys": [self.jwk()]}).to_string(), &[self.algorithm])
            .expect("a key set")
    }

    pub(crate) fn header(&self) -> Value {
        json!({"typ": "at+jwt", "alg": self.alg, "kid": KID})
    }

    pub(crate) fn token(&self, header: &Value, payload: impl AsRef<[u8]>) -> String {
        let input = format!("{}.{}", b64(header.to_string()), b64(payload));
        let signature = self.sign(&input);
        format!("{input}.{}", b64(signature))
    }

    /// An acceptable token but for its payload.
    pub(crate) fn token_of(&self, payload: impl AsRef<[u8]>) -> String {
        self.token(&self.header(), payload)
    }

    pub(crate) fn good_token(&self) -> String {
        self.token_of(other_claims().to_string())
    }

    pub(crate) fn verify(&self, token: &str) -> Result<AccessToken<Own>, Rejection> {
        self.verify_at(token, NOW)
    }

    pub(crate) fn verify_at(
        &self,
        token: &str,
        now: NumericDate,
    ) -> Result<AccessToken<Own>, Rejection> {
        Verifier::new(ISSUER, [AUDIENCE], self.keys()).verify(token, now)
    }

    fn sign(&self, input: &str) -> Vec<u8> {
        let with_rsa = |pair: &RsaKeyPair, padding: &'static dyn RsaEncoding| {
            let mut signature = vec![0; pair.public_modulus_len()];
            pair.sign(padding, &SystemRandom::new(), input.as_bytes(), &mut signature)
                .expect("a signature");
            signature
        };
        match &self.pair {
            Pair::P256 => sign(input),
            Pair::Ed25519(pair) => pair.sign(input.as_bytes()).as_ref().to_vec(),
            Pair::Rsa(pair) if self.alg == "PS256" => with_rsa(pair, &RSA_PSS_SHA256),
            Pair::Rsa(pair) => with_rsa(pair, &RSA_PKCS1_SHA256),
        }
    }
}

fn rsa() -> Pair {
    Pair::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).expect("a key"))
}

/// The claims of an acceptable token: RFC 9068 section 2.2, without those that Baton adds.
pub(crate) fn other_claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "people|alice", "aud": AUDIENCE, "exp": EXP, "iat": IAT,
        "jti": "token-1", "client_id": "web", "groups": ["staff"],
    })
}
