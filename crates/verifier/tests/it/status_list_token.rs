//! Status list tokens (Token Status List sections 5.1 and 8.3): the rules of an access token, and each of their own.

use serde_json::{Value, json};
use types::NumericDate;
use verifier::{KeySet, Rejection, Status, StatusListToken};

use crate::support::{
    EXP, IAT, ISSUER, LIST_URI, NOW, b64, deflated, good_token, header, header_with, list_claims,
    list_header, other_key_pair, public_half, public_key, seal, token, verifier, verify, without,
};

fn read(token: &str) -> Result<StatusListToken, Rejection> {
    verifier().verify_status_list(&KeySet::default().with(public_key()), LIST_URI, token, NOW)
}

fn read_claims(claims: &Value) -> Result<StatusListToken, Rejection> {
    read(&token(list_header().to_string(), claims.to_string()))
}

fn read_with(name: &str, value: Value) -> Result<StatusListToken, Rejection> {
    let mut claims = list_claims();
    claims[name] = value;
    read_claims(&claims)
}

/// The same with another `status_list`.
fn read_list(list: Value) -> Result<(), Rejection> {
    read_with("status_list", list).map(|_| ())
}

#[test]
fn an_accepted_list_yields_what_it_says() {
    let mut claims = list_claims();
    claims["exp"] = json!(EXP);
    claims["ttl"] = json!(5);
    let read = read_claims(&claims).expect("accepted");
    assert_eq!((read.sub.as_str(), read.iat), (LIST_URI, NumericDate(IAT)));
    assert_eq!((read.exp, read.ttl), (Some(NumericDate(EXP)), Some(5)));
    assert_eq!((read.list.get(0), read.list.get(1)), (Some(Status::Invalid), Some(Status::Valid)));
    let bare = read_claims(&list_claims()).expect("exp and ttl are optional");
    assert_eq!((bare.exp, bare.ttl), (None, None));
}

#[test]
fn what_was_signed_to_be_one_thing_is_not_another() {
    assert_eq!(read(&good_token()), Err(Rejection::WrongType));
    let list = token(list_header().to_string(), list_claims().to_string());
    assert_eq!(verify(&list).map(|_| ()), Err(Rejection::WrongType));
    for typ in ["statuslist+JWT", "application/statuslist+jwt", "JWT", "statuslist+cwt", ""] {
        let header = header_with("typ", json!(typ));
        let refused = read(&token(header, list_claims().to_string()));
        assert_eq!(refused, Err(Rejection::WrongType), "{typ}");
    }
    let refused = read(&token(without(header(), "typ"), list_claims().to_string()));
    assert_eq!(refused, Err(Rejection::WrongType));
}

#[test]
fn the_gates_of_an_access_token_stand_here_too() {
    let with = |name: &str, value: Value| {
        let mut header = list_header();
        header[name] = value;
        read(&token(header.to_string(), list_claims().to_string())).map(|_| ())
    };
    assert_eq!(with("alg", json!("none")), Err(Rejection::WrongAlgorithm));
    assert_eq!(with("alg", json!("HS256")), Err(Rejection::WrongAlgorithm));
    assert_eq!(with("jwk", json!({})), Err(Rejection::ForbiddenHeader("jwk")));
    assert_eq!(with("crit", json!(["exp"])), Err(Rejection::ForbiddenHeader("crit")));
    assert_eq!(with("kid", json!("another")), Err(Rejection::UnknownKey));
    let input = format!("{}.{}", b64(list_header().to_string()), b64(list_claims().to_string()));
    let other = other_key_pair();
    let forged = format!("{input}.{}", b64(crate::support::sign_with(&other, &input)));
    assert_eq!(read(&forged), Err(Rejection::BadSignature));
    let list = seal(&input);
    let others = KeySet::default().with(public_half(&other));
    let refused = verifier().verify_status_list(&others, LIST_URI, &list, NOW);
    assert_eq!(refused, Err(Rejection::UnknownKey));
    let twice = r#"{"sub":"a","sub":"a"}"#;
    assert!(matches!(
        read(&token(list_header().to_string(), twice)),
        Err(Rejection::ClaimsJson(_))
    ));
}

#[test]
fn a_list_may_be_longer_than_an_access_token_and_is_bounded() {
    let with_length = |length: usize| {
        let bare = token(list_header().to_string(), list_claims().to_string());
        read(&format!("{bare}{}", "A".repeat(length - bare.len()))).map(|_| ())
    };
    assert_eq!(with_length(8 * 1024 * 1024), Err(Rejection::BadSignature));
    assert_eq!(with_length(8 * 1024 * 1024 + 1), Err(Rejection::TooLong));
}

#[test]
fn a_list_is_about_the_address_it_was_fetched_from() {
    let elsewhere = "https://baton.example/status-lists/2";
    assert_eq!(read_with("sub", json!(elsewhere)), Err(Rejection::WrongSubject));
    assert_eq!(read_with("sub", json!("")), Err(Rejection::ClaimValue("sub")));
    assert_eq!(read_with("sub", json!(7)), Err(Rejection::ClaimType("sub")));
    assert_eq!(read_with("sub", json!(format!("{LIST_URI}/"))), Err(Rejection::WrongSubject));
}

#[test]
fn a_list_is_its_issuers_if_it_says_whose() {
    assert!(read_with("iss", json!(ISSUER)).is_ok());
    let refused = read_with("iss", json!("https://other.example"));
    assert_eq!(refused, Err(Rejection::WrongIssuer));
    assert_eq!(read_with("iss", json!(null)), Err(Rejection::ClaimType("iss")));
}

#[test]
fn every_required_claim_is_required() {
    for name in ["sub", "iat", "status_list"] {
        let refused = read(&token(list_header().to_string(), without(list_claims(), name)));
        assert_eq!(refused, Err(Rejection::MissingClaim(name)));
    }
    let lst = deflated(&[1]);
    assert_eq!(read_list(json!({"bits": 1})), Err(Rejection::MissingClaim("lst")));
    assert_eq!(read_list(json!({ "lst": lst })), Err(Rejection::MissingClaim("bits")));
    for list in [json!(null), json!([1]), json!("x")] {
        assert_eq!(read_list(list), Err(Rejection::ClaimType("status_list")));
    }
}

#[test]
fn a_list_has_its_time_as_an_access_token_has() {
    let refused = |name, value| read_with(name, json!(value)).map(|_| ());
    assert_eq!(refused("exp", NOW.0 - 10), Err(Rejection::Expired));
    assert_eq!(refused("exp", NOW.0 - 9), Ok(()));
    assert_eq!(refused("nbf", NOW.0 + 11), Err(Rejection::NotYetValid));
    assert_eq!(refused("iat", NOW.0 + 11), Err(Rejection::IssuedInTheFuture));
    assert_eq!(refused("iat", NOW.0 + 10), Ok(()));
    for name in ["iat", "exp", "nbf"] {
        let wrong = read_with(name, json!("1")).map(|_| ());
        assert_eq!(wrong, Err(Rejection::ClaimType(name)));
    }
}

#[test]
fn the_ttl_of_a_list_is_a_positive_number_of_seconds() {
    assert_eq!(read_with("ttl", json!(1)).map(|token| token.ttl), Ok(Some(1)));
    for ttl in [0, -1] {
        assert_eq!(read_with("ttl", json!(ttl)), Err(Rejection::ClaimValue("ttl")));
    }
    for ttl in [json!(1.5), json!("5"), json!(null), json!([5])] {
        assert_eq!(read_with("ttl", ttl), Err(Rejection::ClaimType("ttl")));
    }
}

#[test]
fn a_status_has_1_2_4_or_8_bits() {
    for bits in -1..=33 {
        let verdict = read_list(json!({"bits": bits, "lst": deflated(&[1])}));
        let expected = match bits {
            1 | 2 | 4 | 8 => Ok(()),
            _ => Err(Rejection::ClaimValue("bits")),
        };
        assert_eq!(verdict, expected, "{bits}");
    }
    let refused = read_list(json!({"bits": "1", "lst": deflated(&[1])}));
    assert_eq!(refused, Err(Rejection::ClaimType("bits")));
}

#[test]
fn a_list_is_one_whole_zlib_stream_in_canonical_base64url() {
    let stream = crate::support::unb64(&deflated(&[1, 2, 3, 4, 5, 6, 7, 8, 9]));
    let broken = Err(Rejection::StatusListData);
    let verdict = |bytes: &[u8]| read_list(json!({"bits": 1, "lst": b64(bytes)}));
    assert_eq!(verdict(&stream), Ok(()));
    for length in 0..stream.len() {
        assert_eq!(verdict(&stream[..length]), broken, "cut off after {length}");
    }
    assert_eq!(verdict(&[&stream[..], b"x"].concat()), broken, "something after the end");
    let mut other_sum = stream.clone();
    *other_sum.last_mut().expect("a checksum") ^= 1;
    assert_eq!(verdict(&other_sum), broken, "another checksum");
    assert_eq!(verdict(&stream[2..stream.len() - 4]), broken, "no zlib around it");
    for lst in ["eNrbuRgAAhcBXQ=", "eNrbuRgAAhcBXQ==", "eNrbuRgAAhcBXR", " eNrbuRgAAhcBXQ", "a+b/"]
    {
        let refused = read_list(json!({"bits": 1, "lst": lst}));
        assert_eq!(refused, Err(Rejection::ClaimValue("lst")), "{lst}");
    }
    assert_eq!(read_list(json!({"bits": 1, "lst": 7})), Err(Rejection::ClaimType("lst")));
}

#[test]
fn a_bomb_is_not_unpacked() {
    let most = 4 * 1024 * 1024;
    let read_zeros = |length| read_list(json!({"bits": 1, "lst": deflated(&vec![0; length])}));
    assert_eq!(read_zeros(most), Ok(()));
    assert_eq!(read_zeros(most + 1), Err(Rejection::StatusListData));
    // 64 MiB in some 64 KiB.
    assert_eq!(read_zeros(16 * most), Err(Rejection::StatusListData));
}
