//! A catalogue of forged access tokens, for tests of whoever verifies them: the verifier, Baton, a
//! service, a gateway. Nothing that ships may know it (`cargo xtask tidy` looks), and it knows none of
//! our crates: what it shared with the verifier, it could not find wrong.
//!
//! Every case is made from an [`Original`], a token that is really valid, by one change that its name
//! tells. Where the rule under test is not the signature, the issuer's own key signs after the change:
//! the token is refused for that rule or not at all. [`Rule`] says which rule that is.
//!
//! The case classes of Project Wycheproof's vectors for JSON Web Signature are among them, under names
//! a reader of that file recognises; its vectors are not:
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
//! What is *not* a forgery: [`twin`], the second signature that ECDSA has for each. It says the same as
//! the original and must end with it.
//!
//! Read on in `original.rs`, then in one file for each class.
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

/// Every forgery of `original`. `lure` is an address that some of them name, and that nobody may ask.
#[must_use]
pub fn catalogue(original: &Original, lure: &str) -> Vec<Case> {
    let attacker = Attacker::new();
    let mut cases = Cases::of(original);
    // First, so that whoever is lured away has the time of all other cases to go there.
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
        // What docs/testing.md says.
        let over_http = cases.iter().filter(|case| Case::fits_into_a_header(case)).count();
        assert_eq!(
            (cases.len(), over_http, bad_key_sets(&original).len()),
            (777, 768, 35),
            "{counts:?}"
        );
    }
}
