//! The catalogue of forged JWTs as JSON, for a verifier in another language or behind a gateway:
//!
//! ```sh
//! cargo run -p forgery --example tokens -- http://localhost:3000 http://localhost:3000 $(date +%s)
//! ```
//!
//! Its arguments are issuer, audience, the time in seconds, and optionally the URL of a listener that must get no
//! request. The keys are new each time: publish `jwks` at the issuer's `jwks_uri`, check within 15 minutes that
//! `control` is accepted, and then that no other token is. Tokens that do not fit into an HTTP header are left out.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "it is what the program is for")]

use serde_json::{Value, json};

const UNUSED_ADDRESS: &str = "http://127.0.0.1:9";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (issuer, audience, now, lure) = match arguments.as_slice() {
        [issuer, audience, now] => (issuer, audience, now, UNUSED_ADDRESS),
        [issuer, audience, now, lure] => (issuer, audience, now, lure.as_str()),
        _ => return Err("it takes an issuer, an audience and the time in seconds".into()),
    };
    let original = forgery::issue(issuer, audience, now.parse()?);
    let cases = forgery::catalogue(&original, lure);
    let cases: Vec<Value> = cases
        .iter()
        .filter(|case| case.fits_into_a_header())
        .map(|case| json!({"class": format!("{:?}", case.class), "name": case.name, "token": case.token}))
        .collect();
    let jwks: Value = serde_json::from_str(original.jwks())?;
    println!("{}", json!({"jwks": jwks, "control": original.token(), "cases": cases}));
    Ok(())
}
