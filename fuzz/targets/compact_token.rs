//! Fuzz target: the text of an access token (JWS compact serialisation). Of all texts, only those verify whose
//! header and payload the issuer signed.

use std::sync::LazyLock;

use verifier::{KeySet, NumericDate, Verifier};

const JWKS: &str = include_str!("../seeds/strict_json/jwks");
/// The token of the crate's documentation, one of the seeds.
const SIGNED: &str = include_str!("../seeds/compact_token/signed");

static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| {
    let keys = KeySet::from_jwks(JWKS).expect("a key set");
    Verifier::new("https://baton.example", ["https://api.example"], keys)
});

/// Verifies `input` as it would arrive in `Authorization`.
pub(crate) fn check(input: &[u8]) {
    let Ok(unverified) = str::from_utf8(input) else { return };
    if VERIFIER.verify(unverified, NumericDate(1_800_000_060)).is_ok() {
        // The signature may differ: ECDSA has two for each message, and only for those who have one.
        assert_eq!(signing_input(unverified), signing_input(SIGNED), "a forged token");
    }
}

fn signing_input(token: &str) -> Option<&str> {
    Some(token.rsplit_once('.')?.0)
}
