//! RFC 9068 issuers made with two other libraries, `jsonwebtoken` and `jwt-compact`: each writes its own JWK, header
//! and signature. A token is accepted under its key's algorithm, and under no other.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RsaKeyPair,
};
use jsonwebtoken::EncodingKey;
use jsonwebtoken::jwk::Jwk;
use jwt_compact::alg::{Ed25519, Es256, SigningKey};
use jwt_compact::jwk::JsonWebKey;
use jwt_compact::{AlgorithmExt, Claims};
use serde_json::{Value, json};
use verifier::Rejection;
use verifier::rfc9068::{AccessToken, Algorithm, KeySet, Verifier};

use crate::support::rfc9068::{KID, Own, other_claims};
use crate::support::{AUDIENCE, ISSUER, NOW, unb64};

const ALL: [Algorithm; 4] =
    [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256, Algorithm::Ps256];
/// The type of RFC 9068 section 2.1.
const AT_JWT: &str = "at+jwt";

// The key pair of RFC 8037 appendix A.1.
const ED25519_D: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
const ED25519_X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

/// Signs claims under a `typ`.
type Sign = Box<dyn Fn(Option<&str>, &Value) -> String>;

/// An issuer: its library and algorithm, its key, and its tokens of a type and claims.
struct Issuer {
    name: String,
    algorithm: Algorithm,
    jwk: Value,
    sign: Sign,
}

impl Issuer {
    /// `jsonwebtoken` writes `alg` into its JWK.
    fn of_jsonwebtoken(
        algorithm: Algorithm,
        alg: jsonwebtoken::Algorithm,
        key: EncodingKey,
    ) -> Self {
        let mut jwk = Jwk::from_encoding_key(&key, alg).expect("the library's own key");
        jwk.common.key_id = Some(KID.to_owned());
        let sign = move |typ: Option<&str>, claims: &Value| {
            let mut header = jsonwebtoken::Header::new(alg);
            if let Some(typ) = typ {
                header.typ = Some(typ.to_owned());
            }
            header.kid = Some(KID.to_owned());
            jsonwebtoken::encode(&header, claims, &key).expect("a token")
        };
        let jwk = serde_json::to_value(jwk).expect("JSON");
        Self { name: format!("jsonwebtoken {alg:?}"), algorithm, jwk, sign: Box::new(sign) }
    }

    /// `jwt-compact` writes no `alg` into its JWK, and no `typ` unless it is named.
    fn of_jwt_compact<A>(algorithm: Algorithm, alg: A, key: A::SigningKey) -> Self
    where
        A: AlgorithmExt + 'static,
        A::SigningKey: SigningKey<A>,
        for<'a> JsonWebKey<'a>: From<&'a A::VerifyingKey>,
    {
        let public = <A::SigningKey as SigningKey<A>>::to_verifying_key(&key);
        let mut jwk = serde_json::to_value(JsonWebKey::from(&public)).expect("JSON");
        jwk["kid"] = json!(KID);
        let name = format!("jwt-compact {}", alg.name());
        let sign = move |typ: Option<&str>, claims: &Value| {
            let mut header = jwt_compact::Header::empty().with_key_id(KID);
            header.token_type = typ.map(str::to_owned);
            alg.token(&header, &Claims::new(claims), &key).expect("a token")
        };
        Self { name, algorithm, jwk, sign: Box::new(sign) }
    }

    /// The RSA algorithms share a key, so that only the algorithm keeps their tokens apart.
    fn all() -> Vec<Self> {
        use jsonwebtoken::Algorithm as J;
        let rng = SystemRandom::new();
        let p256 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &rng);
        let p256 = EncodingKey::from_ec_der(p256.expect("a key").as_ref());
        let ed25519 = Ed25519KeyPair::generate_pkcs8v1(&rng).expect("a key");
        let ed25519 = EncodingKey::from_ed_der(ed25519.as_ref());
        let rsa = rsa();
        let other_p256 = <_ as SigningKey<Es256>>::from_slice(&[7; 32]).expect("a scalar");
        let other_ed25519 = [unb64(ED25519_D), unb64(ED25519_X)].concat();
        let other_ed25519 = <_ as SigningKey<Ed25519>>::from_slice(&other_ed25519);
        vec![
            Self::of_jsonwebtoken(Algorithm::Es256, J::ES256, p256),
            Self::of_jsonwebtoken(Algorithm::EdDsa, J::EdDSA, ed25519),
            Self::of_jsonwebtoken(Algorithm::Rs256, J::RS256, rsa.clone()),
            Self::of_jsonwebtoken(Algorithm::Ps256, J::PS256, rsa),
            Self::of_jwt_compact(Algorithm::Es256, Es256, other_p256),
            Self::of_jwt_compact(
                Algorithm::EdDsa,
                Ed25519,
                other_ed25519.expect("seed and public key"),
            ),
        ]
    }

    fn token(&self) -> String {
        (self.sign)(Some(AT_JWT), &other_claims())
    }

    /// What a service says that trusts this issuer, and allows these algorithms.
    fn verify(&self, token: &str, allowed: &[Algorithm]) -> Result<AccessToken<Own>, Rejection> {
        let jwks = json!({"keys": [self.jwk]}).to_string();
        let keys = KeySet::from_jwks(&jwks, allowed).expect("a key set");
        Verifier::new(ISSUER, [AUDIENCE], keys).verify(token, NOW)
    }
}

/// A key as `RSAPrivateKey` (RFC 8017 appendix A.1.2), which `jsonwebtoken` reads: PKCS #8 (RFC 5208) has 26 bytes
/// before it.
fn rsa() -> EncodingKey {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
    let pkcs8: Pkcs8V1Der<'_> = pair.as_der().expect("PKCS #8");
    EncodingKey::from_rsa_der(&pkcs8.as_ref()[26..])
}

#[test]
fn a_token_of_each_library_is_accepted_under_its_algorithm() {
    for issuer in Issuer::all() {
        for allowed in [&ALL[..], &[issuer.algorithm]] {
            let token = issuer.verify(&issuer.token(), allowed).expect(&issuer.name);
            assert_eq!(
                (token.sub.as_str(), token.own.groups),
                ("people|alice", vec!["staff".to_owned()])
            );
        }
    }
}

#[test]
fn a_key_of_an_algorithm_that_is_not_allowed_is_none() {
    for issuer in Issuer::all() {
        let others: Vec<_> = ALL.into_iter().filter(|one| *one != issuer.algorithm).collect();
        // `jwt-compact` names no algorithm in its keys; none of these fits them either.
        let refused = issuer.verify(&issuer.token(), &others).err();
        assert_eq!(refused, Some(Rejection::UnknownKey), "{}", issuer.name);
    }
}

/// RFC 8725 section 3.1: all issuers here name their key alike, so that each token meets the key of each other
/// issuer.
#[test]
fn a_token_of_another_issuer_is_refused_by_algorithm_or_signature() {
    let issuers = Issuer::all();
    for (at, trusted) in issuers.iter().enumerate() {
        for (_, other) in issuers.iter().enumerate().filter(|(other, _)| *other != at) {
            let rejection = if other.algorithm == trusted.algorithm {
                Rejection::BadSignature
            } else {
                Rejection::NotTheKeysAlgorithm
            };
            let refused = trusted.verify(&other.token(), &ALL).err();
            assert_eq!(refused, Some(rejection), "{} for {}", other.name, trusted.name);
        }
    }
}

/// The key confusion of RFC 8725 section 2.1: the public key as the secret of HS256.
#[test]
fn a_public_key_is_no_secret() {
    for issuer in Issuer::all() {
        let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
        header.typ = Some(AT_JWT.to_owned());
        header.kid = Some(KID.to_owned());
        let secret = EncodingKey::from_secret(issuer.jwk.to_string().as_bytes());
        let token = jsonwebtoken::encode(&header, &other_claims(), &secret).expect("a token");
        let refused = issuer.verify(&token, &ALL).err();
        assert_eq!(refused, Some(Rejection::NotTheKeysAlgorithm), "{}", issuer.name);
    }
}

/// `JWT` in one library, absent in the other: an issuer has to be told to follow RFC 9068.
#[test]
fn the_type_that_a_library_writes_by_default_is_refused() {
    for issuer in Issuer::all() {
        let token = (issuer.sign)(None, &other_claims());
        let refused = issuer.verify(&token, &ALL).err();
        assert_eq!(refused, Some(Rejection::WrongType), "{}", issuer.name);
    }
}
