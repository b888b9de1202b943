//! The examples of the RFCs, to the byte.

use serde_json::{Value, json};
use verifier::{KeySet, Rejection, jws, thumbprint};

use crate::support::{public_key, unb64, verify};

/// The modulus of RFC 7517 appendix A.1, which RFC 7638 section 3.1 uses again.
const RSA_N: &str = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFx\
    uhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65Y\
    GjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI\
    4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";

/// RFC 7517 appendix A.1: an elliptic-curve key for encryption and an RSA key.
fn rfc_7517_a1() -> Value {
    json!({"keys": [
        {"kty": "EC", "crv": "P-256",
            "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
            "use": "enc", "kid": "1"},
        {"kty": "RSA", "n": RSA_N, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"},
    ]})
}

#[test]
fn rfc_7515_appendix_a_3_es256() {
    let signing_input = "eyJhbGciOiJFUzI1NiJ9.\
        eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let signature =
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    let decoded = unb64(signature);
    assert_eq!(jws::verify(signing_input.as_bytes(), &decoded, &public_key()), Ok(()));
    // It is a JWS and no access token.
    assert_eq!(verify(&format!("{signing_input}.{signature}")), Err(Rejection::WrongType));
}

#[test]
fn rfc_7638_section_3_1_thumbprint() {
    let rsa = [("n", RSA_N), ("e", "AQAB"), ("kty", "RSA")];
    assert_eq!(thumbprint(&rsa.into()), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

#[test]
fn rfc_9449_section_6_1_thumbprint() {
    let ec = [
        ("kty", "EC"),
        ("crv", "P-256"),
        ("x", "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs"),
        ("y", "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"),
    ];
    assert_eq!(thumbprint(&ec.into()), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
}

#[test]
fn rfc_7517_appendix_a_1_has_no_key_for_signatures_of_ours() {
    let set = rfc_7517_a1().to_string();
    assert_eq!(KeySet::from_jwks(&set), Ok(KeySet::default()));
}

#[test]
fn rfc_7517_appendix_a_1_has_a_point_of_p_256() {
    let mut set = rfc_7517_a1();
    let key = set["keys"][0].as_object_mut().expect("the first key");
    key.remove("use");
    key.remove("kid");
    let keys = KeySet::from_jwks(&set.to_string()).expect("a set of keys");
    let kids: Vec<&str> = keys.iter().map(verifier::PublicKey::kid).collect();
    assert_eq!(kids, ["cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s"]);
}
