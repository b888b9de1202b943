//! Tokens of any RFC 9068 issuer: one acceptable token for each algorithm, and one rejection a rule.

use serde_json::{Value, json};
use verifier::rfc9068::{Algorithm, KeySet, Verifier};
use verifier::{JsonFault, NumericDate, Rejection, Skew};

use crate::support::rfc9068::{KID, OtherIssuer, other_claims};
use crate::support::{AUDIENCE, EXP, IAT, ISSUER, NOW, b64, verify};

fn but_for(mut object: Value, name: &str, value: Value) -> Value {
    object[name] = value;
    object
}

fn without(mut object: Value, name: &str) -> Value {
    object.as_object_mut().expect("an object").remove(name).expect("a member of that name");
    object
}

#[test]
fn a_user_of_another_issuer_is_known_by_each_algorithm() {
    for issuer in OtherIssuer::all() {
        let token = issuer.verify(&issuer.good_token()).expect(issuer.alg);
        assert_eq!((token.sub.as_str(), token.client_id.as_str()), ("people|alice", "web"));
        assert_eq!(
            (token.aud, token.auth_time, token.scope),
            (vec![AUDIENCE.to_owned()], None, None)
        );
        assert_eq!(token.own.groups, ["staff"]);
    }
}

#[test]
fn the_default_verifier_accepts_none_of_these_tokens() {
    for issuer in OtherIssuer::all() {
        assert!(verify(&issuer.good_token()).is_err(), "{}", issuer.alg);
    }
}

#[test]
fn a_signature_of_another_key_or_of_other_bytes_is_refused() {
    for issuer in OtherIssuer::all() {
        let token = issuer.good_token();
        let (input, signature) = token.rsplit_once('.').expect("three parts");
        let (header, _) = input.split_once('.').expect("two parts");
        let payload = but_for(other_claims(), "sub", json!("people|mallory")).to_string();
        let tampered = format!("{header}.{}.{signature}", b64(payload));
        assert_eq!(issuer.verify(&tampered).err(), Some(Rejection::BadSignature), "{}", issuer.alg);
        let empty = format!("{input}.");
        assert_eq!(issuer.verify(&empty).err(), Some(Rejection::BadSignature), "{}", issuer.alg);
    }
    for (one, other) in [
        (OtherIssuer::eddsa(), OtherIssuer::eddsa()),
        (OtherIssuer::rs256(), OtherIssuer::rs256()),
        (OtherIssuer::ps256(), OtherIssuer::ps256()),
    ] {
        assert_eq!(one.verify(&other.good_token()).err(), Some(Rejection::BadSignature));
    }
}

/// RFC 8725 section 3.1.
#[test]
fn a_key_has_one_algorithm_and_no_token_chooses_another() {
    let issuer = OtherIssuer::rs256();
    let jwks = json!({"keys": [issuer.jwk()]}).to_string();
    let both = [Algorithm::Rs256, Algorithm::Ps256];
    let keys = KeySet::from_jwks(&jwks, &both).expect("a key set");
    let verifier = Verifier::new(ISSUER, [AUDIENCE], keys);
    assert!(verifier.verify::<Value>(&issuer.good_token(), NOW).is_ok());
    let with_pss = issuer.with_algorithm(Algorithm::Ps256, "PS256").good_token();
    let refused = verifier.verify::<Value>(&with_pss, NOW).err();
    assert_eq!(refused, Some(Rejection::NotTheKeysAlgorithm));
}

#[test]
fn other_algorithms_are_none() {
    let issuer = OtherIssuer::rs256();
    for alg in [
        json!("none"),
        json!("HS256"),
        json!("RS384"),
        json!("ES384"),
        json!("rs256"),
        json!("ES256"),
        json!(["RS256"]),
        Value::Null,
    ] {
        let header = but_for(issuer.header(), "alg", alg.clone());
        let token = issuer.token(&header, other_claims().to_string());
        assert_eq!(issuer.verify(&token).err(), Some(Rejection::NotTheKeysAlgorithm), "{alg}");
    }
}

#[test]
fn the_type_is_that_of_an_access_token() {
    let issuer = OtherIssuer::es256();
    let typed = |typ: &str| {
        let header = but_for(issuer.header(), "typ", json!(typ));
        issuer.verify(&issuer.token(&header, other_claims().to_string())).err()
    };
    for typ in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/at+jwt"] {
        assert_eq!(typed(typ), None, "{typ}");
    }
    for typ in ["JWT", "jwt", "", "at+jwt ", "application/jwt", "x/at+jwt", "statuslist+jwt"] {
        assert_eq!(typed(typ), Some(Rejection::WrongType), "{typ}");
    }
    let untyped = issuer.token(&without(issuer.header(), "typ"), other_claims().to_string());
    assert_eq!(issuer.verify(&untyped).err(), Some(Rejection::WrongType));
}

#[test]
fn a_header_brings_no_key_and_no_extension() {
    let issuer = OtherIssuer::es256();
    for name in ["jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256", "crit", "b64", "enc", "zip"] {
        let header = but_for(issuer.header(), name, json!("any"));
        let token = issuer.token(&header, other_claims().to_string());
        assert_eq!(issuer.verify(&token).err(), Some(Rejection::ForbiddenHeader(name)));
    }
}

#[test]
fn a_token_names_a_key_of_its_issuer() {
    let issuer = OtherIssuer::es256();
    for (kid, rejection) in [
        (json!("another"), Rejection::UnknownKey),
        (json!("x".repeat(256)), Rejection::UnknownKey),
        (json!("x".repeat(257)), Rejection::KeyId),
        (json!(""), Rejection::KeyId),
        (json!("two words"), Rejection::KeyId),
        (json!("line\n"), Rejection::KeyId),
        (json!(7), Rejection::KeyId),
    ] {
        let header = but_for(issuer.header(), "kid", kid);
        let token = issuer.token(&header, other_claims().to_string());
        assert_eq!(issuer.verify(&token).err(), Some(rejection));
    }
    let unnamed = issuer.token(&without(issuer.header(), "kid"), other_claims().to_string());
    assert_eq!(issuer.verify(&unnamed).err(), Some(Rejection::KeyId));
}

#[test]
fn each_claim_of_the_rfc_is_required() {
    let issuer = OtherIssuer::es256();
    for name in ["iss", "sub", "aud", "exp", "iat", "jti", "client_id"] {
        let token = issuer.token_of(without(other_claims(), name).to_string());
        assert_eq!(issuer.verify(&token).err(), Some(Rejection::MissingClaim(name)));
        let token = issuer.token_of(but_for(other_claims(), name, Value::Null).to_string());
        assert_eq!(issuer.verify(&token).err(), Some(Rejection::ClaimType(name)));
    }
    for name in ["nbf", "auth_time", "scope"] {
        let token = issuer.token_of(but_for(other_claims(), name, json!([])).to_string());
        assert_eq!(issuer.verify(&token).err(), Some(Rejection::ClaimType(name)));
    }
}

#[test]
fn another_issuer_and_another_audience_are_refused() {
    let issuer = OtherIssuer::es256();
    let refused = |name, value| {
        issuer.verify(&issuer.token_of(but_for(other_claims(), name, value).to_string())).err()
    };
    let slash = json!(format!("{ISSUER}/"));
    assert_eq!(refused("iss", slash), Some(Rejection::WrongIssuer));
    assert_eq!(refused("aud", json!("https://other.example")), Some(Rejection::WrongAudience));
    assert_eq!(refused("aud", json!([])), Some(Rejection::ClaimValue("aud")));
    assert_eq!(refused("aud", json!(["https://other.example", AUDIENCE])), None);
}

#[test]
fn a_token_holds_from_its_beginning_to_its_expiry_within_the_skew() {
    let issuer = OtherIssuer::es256();
    let skew = Skew::MAX.seconds();
    let at = |now: i64| issuer.verify_at(&issuer.good_token(), NumericDate(now)).err();
    assert_eq!(at(IAT - skew - 1), Some(Rejection::IssuedInTheFuture));
    assert_eq!(at(IAT - skew), None);
    assert_eq!(at(EXP + skew - 1), None);
    assert_eq!(at(EXP + skew), Some(Rejection::Expired));
    let later = issuer.token_of(but_for(other_claims(), "nbf", json!(NOW.0 + 11)).to_string());
    assert_eq!(issuer.verify(&later).err(), Some(Rejection::NotYetValid));
    let verifier = Verifier::new(ISSUER, [AUDIENCE], issuer.keys()).with_skew(Skew::NONE);
    let verdict = verifier.verify::<Value>(&issuer.good_token(), NumericDate(EXP));
    assert_eq!(verdict.err(), Some(Rejection::Expired));
}

/// As bearer tokens they would lose what protects them.
#[test]
fn a_sender_constrained_token_and_one_with_a_status_are_refused() {
    let issuer = OtherIssuer::es256();
    let bound = but_for(other_claims(), "cnf", json!({"jkt": "thumbprint"}));
    let refused = issuer.verify(&issuer.token_of(bound.to_string())).err();
    assert_eq!(refused, Some(Rejection::SenderConstrained));
    let listed = but_for(other_claims(), "status", json!({"status_list": {"idx": 0, "uri": "x"}}));
    let refused = issuer.verify(&issuer.token_of(listed.to_string())).err();
    assert_eq!(refused, Some(Rejection::UnknownStatus));
}

#[test]
fn a_service_asks_for_claims_of_its_own_type() {
    let issuer = OtherIssuer::es256();
    for claims in
        [without(other_claims(), "groups"), but_for(other_claims(), "groups", json!("staff"))]
    {
        let refused = issuer.verify(&issuer.token_of(claims.to_string())).err();
        assert_eq!(refused, Some(Rejection::OwnClaims));
    }
    let verifier = Verifier::new(ISSUER, [AUDIENCE], issuer.keys());
    let token = issuer.token_of(without(other_claims(), "groups").to_string());
    assert!(verifier.verify::<serde::de::IgnoredAny>(&token, NOW).is_ok());
}

#[test]
fn a_payload_has_one_reading() {
    let issuer = OtherIssuer::es256();
    let claims = other_claims().to_string();
    let twice = claims.replacen('{', r#"{"sub":"people|mallory","#, 1);
    let refused = issuer.verify(&issuer.token_of(twice)).err();
    assert_eq!(refused, Some(Rejection::ClaimsJson(JsonFault::DuplicateMember)));
    let header = issuer.header().to_string().replacen('{', &format!(r#"{{"kid":"{KID}","#), 1);
    let header: Vec<u8> = header.into_bytes();
    let input = format!("{}.{}", b64(header), b64(claims));
    let token = format!("{input}.{}", b64(crate::support::sign(&input)));
    let refused = issuer.verify(&token).err();
    assert_eq!(refused, Some(Rejection::HeaderJson(JsonFault::DuplicateMember)));
}
