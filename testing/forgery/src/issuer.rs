//! A test issuer: its own keys, and a token in Baton's format. Where a real issuer is available, tests take that one.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

use crate::Original;
use crate::base64url::b64;
use crate::public_key::jwk_of_point;

/// The lifetime of an access token, in seconds.
const LIFE: i64 = 900;

/// A token of `issuer` for `audience`, issued `now` (in seconds of Unix time) and valid for 15 minutes. Its keys are
/// new: the verifier under test needs [`Original::jwks`].
///
/// # Panics
/// If the system has no randomness.
#[must_use]
pub fn issue(issuer: &str, audience: &str, now: i64) -> Original {
    let (pair, next) = (pair(), pair());
    let (own, other) = (jwk(&pair), jwk(&next));
    let header = json!({"typ": "at+jwt", "alg": "ES256", "kid": own["kid"]});
    let claims = json!({
        "iss": issuer, "sub": "01890a5d-ac96-774b-bcce-b302099a8057", "aud": audience,
        "exp": now + LIFE, "iat": now, "jti": "01890a5d-ac96-774b-bcce-b302099a8059",
        "client_id": "baton-web", "sid": "01890a5d-ac96-774b-bcce-b302099a8058", "auth_time": now,
        "amr": ["pwd"],
    });
    let sign = move |bytes: &[u8]| {
        let signature = pair.sign(&SystemRandom::new(), bytes).expect("a signature");
        signature.as_ref().to_vec()
    };
    let input = format!("{}.{}", b64(header.to_string()), b64(claims.to_string()));
    let token = format!("{input}.{}", b64(sign(input.as_bytes())));
    Original::new(&token, &json!({"keys": [own, other]}).to_string(), sign)
}

fn pair() -> EcdsaKeyPair {
    EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key")
}

fn jwk(pair: &EcdsaKeyPair) -> Value {
    let mut jwk = jwk_of_point("P-256", pair.public_key().as_ref());
    jwk["kid"] = json!(thumbprint(&jwk));
    jwk["use"] = json!("sig");
    jwk["alg"] = json!("ES256");
    jwk
}

/// The JWK thumbprint (RFC 7638).
pub(crate) fn thumbprint(jwk: &Value) -> String {
    let (x, y) = (&jwk["x"], &jwk["y"]);
    let required = format!(r#"{{"crv":"P-256","kty":"EC","x":{x},"y":{y}}}"#);
    b64(digest(&SHA256, required.as_bytes()))
}
