//! The catalogue of forged tokens: none is accepted, and each is rejected for the rule it breaks. Unless that rule is
//! the signature, the signature is valid, so no other rule can be the reason.

use forgery::{Flaw, Lure, Original, Rule, bad_key_sets, catalogue, twin};
use verifier::{JsonFault, KeySet, Rejection, Verifier};

use crate::support::{
    AUDIENCE, ISSUER, NOW, good_token, other_key_pair, public_half, public_key, sign,
};

/// The rejection for the rule that a case breaks.
fn rejection(rule: Rule) -> Rejection {
    match rule {
        Rule::Length => Rejection::TooLong,
        Rule::Compact => Rejection::NotCompact,
        Rule::Encoding => Rejection::Encoding,
        Rule::HeaderJson(flaw) => Rejection::HeaderJson(fault(flaw)),
        Rule::Algorithm => Rejection::WrongAlgorithm,
        Rule::ForbiddenHeader(member) => Rejection::ForbiddenHeader(member),
        Rule::Type => Rejection::WrongType,
        Rule::KeyId => Rejection::KeyId,
        Rule::UnknownKey => Rejection::UnknownKey,
        Rule::Signature => Rejection::BadSignature,
        Rule::ClaimsJson(flaw) => Rejection::ClaimsJson(fault(flaw)),
        Rule::MissingClaim(claim) => Rejection::MissingClaim(claim),
        Rule::ClaimType(claim) => Rejection::ClaimType(claim),
        Rule::ClaimValue(claim) => Rejection::ClaimValue(claim),
        Rule::Issuer => Rejection::WrongIssuer,
        Rule::Audience => Rejection::WrongAudience,
        Rule::Expired => Rejection::Expired,
        Rule::NotYetValid => Rejection::NotYetValid,
        Rule::IssuedInTheFuture => Rejection::IssuedInTheFuture,
    }
}

fn fault(flaw: Flaw) -> JsonFault {
    match flaw {
        Flaw::Utf8 => JsonFault::NotUtf8,
        Flaw::Grammar => JsonFault::NotJson,
        Flaw::NotAnObject => JsonFault::NotAnObject,
        Flaw::Duplicate => JsonFault::DuplicateMember,
        Flaw::Depth => JsonFault::TooDeep,
    }
}

/// A JWKS of two keys, as before each key rotation.
fn keys() -> KeySet {
    KeySet::default().with(public_key()).with(public_half(&other_key_pair()))
}

fn original(keys: &KeySet) -> Original {
    Original::new(&good_token(), &keys.to_jwks(), |bytes| sign(bytes))
}

#[test]
fn no_forged_token_is_accepted_and_each_is_refused_for_its_rule() {
    let (keys, lure) = (keys(), Lure::set());
    let original = original(&keys);
    let verifier = Verifier::new(ISSUER, [AUDIENCE], keys);
    let verify = |token: &str| verifier.verify(token, NOW).map(|_| ());
    let cases = catalogue(&original, &lure.url());
    assert!(cases.len() >= 150, "{} forged tokens", cases.len());
    let wrong: Vec<String> = cases
        .iter()
        .map(|case| (case, verify(&case.token), Err(rejection(case.rule))))
        .filter(|(_, verdict, expected)| verdict != expected)
        .map(|(case, verdict, _)| format!("{case}: {verdict:?}, not {:?}", case.rule))
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    // The control: the originals are accepted, and so is a new signature by the same key.
    for good in [original.token(), &original.resealed(), &twin(original.token())] {
        assert_eq!(verify(good), Ok(()));
    }
    assert!(!lure.was_visited());
}

#[test]
fn a_key_that_is_published_for_something_else_verifies_nothing() {
    let original = original(&keys());
    let bad_key_sets = bad_key_sets(&original);
    assert!(bad_key_sets.len() >= 30, "{} key sets", bad_key_sets.len());
    let verify = |jwks: &str, token: &str| {
        let keys = KeySet::from_jwks(jwks).map_err(|_| Rejection::UnknownKey)?;
        Verifier::new(ISSUER, [AUDIENCE], keys).verify(token, NOW).map(|_| ())
    };
    for bad_key_set in bad_key_sets {
        let verdict = verify(&bad_key_set.jwks, &bad_key_set.token);
        assert_eq!(verdict, Err(Rejection::UnknownKey), "{}", bad_key_set.name);
    }
    assert_eq!(verify(original.jwks(), original.token()), Ok(()));
}
