//! Project Wycheproof's test vectors for JSON Web Signature, from a local file:
//!
//! ```sh
//! cargo run -p baton-verifier --example wycheproof -- json_web_signature_test.json
//! ```
//!
//! Their tokens have no type and no thumbprint as `kid`, so the verifier would reject each. This tests all other
//! rules except those on claims: form, encoding, strict JSON, algorithm, forbidden members, JWKS and signature. It
//! prints how many were accepted of each result, and fails if an invalid one was, or if no valid one was. Of the
//! valid ones only those for ES256 can be: the verifier has no other algorithm.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "it is what the program is for")]

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use verifier::{KeySet, NumericDate, Rejection, Verifier, jws};

/// Accepted and refused.
type Count = (u32, u32);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file =
        std::env::args().nth(1).ok_or("it takes a file of vectors, and brings none along")?;
    let vectors: Value = serde_json::from_str(&std::fs::read_to_string(file)?)?;
    let mut counts: BTreeMap<&str, Count> = BTreeMap::new();
    for group in list(&vectors, "testGroups")? {
        let keys = keys(group);
        for test in list(group, "tests")? {
            let result = test["result"].as_str().ok_or("a test has no result")?;
            let token = test["jws"].as_str().map_or_else(|| test["jws"].to_string(), str::to_owned);
            let (accepted, refused) = counts.entry(result).or_default();
            if holds(&token, &keys) {
                *accepted += 1;
                println!("accepted, {result}: {} {}", test["tcId"], test["comment"]);
            } else {
                *refused += 1;
            }
        }
    }
    for (result, (accepted, refused)) in &counts {
        println!("{result}: {accepted} accepted, {refused} refused");
    }
    match (counts.get("invalid"), counts.get("valid")) {
        (Some((0, 1..)), Some((1.., _))) => Ok(()),
        (Some((1.., _)), _) => Err("an invalid token was accepted".into()),
        _ => Err("no valid token was accepted, or none was invalid: it proves nothing".into()),
    }
}

fn list<'v>(object: &'v Value, name: &str) -> Result<&'v Vec<Value>, String> {
    object[name].as_array().ok_or_else(|| format!("there is no list `{name}`"))
}

/// The group's keys, without their `kid`: the verifier's keys have their thumbprints as ids.
fn keys(group: &Value) -> KeySet {
    let published = if group["public"].is_null() { &group["private"] } else { &group["public"] };
    let mut jwks = published["keys"].as_array().cloned().unwrap_or_else(|| vec![published.clone()]);
    for jwk in jwks.iter_mut().filter_map(Value::as_object_mut) {
        jwk.remove("kid");
    }
    // A set that is rejected as a whole yields no keys.
    KeySet::from_jwks(&json!({"keys": jwks}).to_string()).unwrap_or_default()
}

fn holds(token: &str, keys: &KeySet) -> bool {
    // A verifier without keys rejects each token; the reason tells how far the checks came. Type and key id are the
    // last checks of the header.
    let without_keys = Verifier::new("", [""; 0], KeySet::default()).verify(token, NumericDate(0));
    let Err(Rejection::WrongType | Rejection::KeyId | Rejection::UnknownKey) = without_keys else {
        return false;
    };
    let Some((signing_input, signature)) = token.rsplit_once('.') else { return false };
    let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
    keys.iter().any(|key| jws::verify(signing_input.as_bytes(), &signature, key).is_ok())
}
