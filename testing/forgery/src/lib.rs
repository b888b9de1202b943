//! A catalogue of forged JWT access tokens, to test a verifier: the crate of that name, Baton, a service, a gateway.
//! No released crate may depend on it (`cargo xtask tidy` checks), and it depends on none of the workspace: a bug in
//! shared code would go undetected.
//!
//! Each case is an [`Original`], a valid token, with one change that its name describes. Unless the signature is the
//! rule under test, the issuer's own key signs after the change: only that rule can reject the token. [`Rule`] names
//! the rule.
//!
//! It includes the case classes of Project Wycheproof's test vectors for JSON Web Signature, under similar names, but
//! not the vectors:
//!
//! | there | here |
//! | --- | --- |
//! | modified or missing signature, payload, header, separator; extra components; the empty string | [`Class::Structure`], [`Class::Signatures`] |
//! | algorithm `none` and missing signature | [`Class::Algorithms`] |
//! | JSON serialization | [`Class::Structure`] |
//! | symmetric confusion | [`Class::Algorithms`] |
//! | attacker-provided embedded JWK | [`Class::EmbeddedKeys`] |
//! | another primitive than the key's, another curve | [`Class::Algorithms`], [`bad_key_sets`] |
//! | keys with another `alg`, `use` or `key_ops` | [`bad_key_sets`] |
//! | edge values of r and s | [`Class::Signatures`] |
//!
//! No forgery is [`twin`], the second valid signature that ECDSA has for each (malleability). It has the same claims
//! as the original, and a revocation must cover both.
//!
//! Next: `original.rs`, then one file for each class.
#![forbid(unsafe_code)]

mod algorithms;
mod attacker;
mod base64url;
mod case;
mod claims;
mod embedded_keys;
mod encoding;
mod extensions;
mod issuer;
mod json;
mod key_ids;
mod lure;
mod original;
mod other_tokens;
mod parties;
mod public_key;
mod published;
mod signatures;
mod structure;
mod times;
mod types;

use attacker::Attacker;
use case::Cases;
pub use case::{Case, Class, Flaw, Rule};
pub use issuer::issue;
pub use lure::Lure;
pub use original::Original;
pub use published::{BadKeySet, bad_key_sets};
pub use signatures::{ORDER, twin};

/// Every forgery of `original`. `lure` is a URL that some of them name, and that a verifier must not request.
#[must_use]
pub fn catalogue(original: &Original, lure: &str) -> Vec<Case> {
    let attacker = Attacker::new();
    let mut cases = Cases::of(original);
    // First, so that a delayed request to the lure has the time of all other cases to arrive.
    cases.of_class(Class::EmbeddedKeys, |it| embedded_keys::forge(it, &attacker, lure));
    cases.of_class(Class::Algorithms, |it| algorithms::forge(it, &attacker));
    cases.of_class(Class::KeyIds, |it| key_ids::forge(it, &attacker, lure));
    cases.of_class(Class::Signatures, |it| signatures::forge(it, &attacker));
    cases.of_class(Class::Encoding, encoding::forge);
    cases.of_class(Class::Structure, structure::forge);
    cases.of_class(Class::Json, json::forge);
    cases.of_class(Class::Extensions, extensions::forge);
    cases.of_class(Class::Types, types::forge);
    cases.of_class(Class::Claims, claims::forge);
    cases.of_class(Class::Parties, |it| parties::forge(it, lure));
    cases.of_class(Class::Times, times::forge);
    cases.of_class(Class::OtherTokens, |it| other_tokens::forge(it, &attacker));
    cases.into_vec()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Case, bad_key_sets, catalogue, issue};

    #[test]
    fn there_are_cases_of_every_class() {
        let original = issue("https://baton.example", "https://api.example", 1_800_000_000);
        let mut counts = BTreeMap::new();
        let cases = catalogue(&original, "http://127.0.0.1:1");
        for case in &cases {
            *counts.entry(case.class).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 13, "{counts:?}");
        assert!(counts.values().all(|count| *count >= 10), "{counts:?}");
        // The counts in docs/testing.md.
        let over_http = cases.iter().filter(|case| Case::fits_into_a_header(case)).count();
        assert_eq!(
            (cases.len(), over_http, bad_key_sets(&original).len()),
            (777, 768, 35),
            "{counts:?}"
        );
    }
}
