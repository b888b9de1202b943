//! Expiry (RFC 7519 sections 4.1.4 to 4.1.6): not yet valid, or no longer. Far from the limits, which depend on the
//! clock skew. Signed by the issuer.

use serde_json::json;

use crate::case::{Cases, Rule};

/// More than any clock skew.
const HOUR: i64 = 3_600;
/// 9999-12-31T23:59:59Z.
const LAST: i64 = 253_402_300_799;

pub(crate) fn forge(cases: &mut Cases<'_>) {
    let original = cases.original;
    let (iat, exp) = (original.instant("iat"), original.instant("exp"));
    for (name, rule, claim, value) in [
        ("expired an hour before it was issued", Rule::Expired, "exp", iat - HOUR),
        ("expired a day before it was issued", Rule::Expired, "exp", iat - 24 * HOUR),
        ("expired at zero", Rule::Expired, "exp", 0),
        ("expired at one", Rule::Expired, "exp", 1),
        ("not valid until an hour after its end", Rule::NotYetValid, "nbf", exp + HOUR),
        ("not valid until the year 9999", Rule::NotYetValid, "nbf", LAST),
        ("issued an hour after its end", Rule::IssuedInTheFuture, "iat", exp + HOUR),
        ("issued in the year 9999", Rule::IssuedInTheFuture, "iat", LAST),
    ] {
        cases.add_payload(name, rule, original.claims_with(claim, value));
    }
    // A correct token, an hour after its expiry.
    let life = exp - iat;
    let mut claims: serde_json::Value =
        serde_json::from_str(&original.claims_text()).expect("claims");
    claims["iat"] = json!(iat - life - HOUR);
    claims["exp"] = json!(iat - HOUR);
    cases.add_payload("expired", Rule::Expired, claims.to_string());
    // Expired before its `nbf`: never valid.
    claims["nbf"] = json!(exp + HOUR);
    cases.add_payload("expired before it begins", Rule::Expired, claims.to_string());
}
