//! The token type (RFC 9068 section 2.1): `typ` prevents cross-JWT confusion. By RFC 7515 section 4.1.9
//! `application/at+jwt`, and other letter cases, mean the same; Baton writes one spelling, so the others are another
//! issuer's. Signed by the issuer.

use serde_json::{Value, json};

use crate::case::{Cases, Rule};

const OTHERS: [&str; 24] = [
    "",
    "JWT",
    "jwt",
    "JOSE",
    "JOSE+JSON",
    "at",
    "jwt+at",
    "at-jwt",
    "at jwt",
    "at%2Bjwt",
    "AT+JWT",
    "at+JWT",
    "At+Jwt",
    "application/at+jwt",
    "APPLICATION/AT+JWT",
    "application/jwt",
    " at+jwt",
    "at+jwt ",
    "at+jwt\0",
    "at+jwt;charset=utf-8",
    "at+jwt,JWT",
    "statuslist+jwt",
    "dpop+jwt",
    "logout+jwt",
];

pub(crate) fn forge(cases: &mut Cases<'_>) {
    let original = cases.original;
    for typ in OTHERS {
        let header = original.header_with("typ", typ);
        cases.add_header(format!("typ is {typ:?}"), Rule::Type, header);
    }
    for typ in [Value::Null, json!(1), json!(true), json!(["at+jwt"]), json!({"at+jwt": true})] {
        let header = original.header_with("typ", typ.clone());
        cases.add_header(format!("typ is {typ}"), Rule::Type, header);
    }
    cases.add_header("missing typ", Rule::Type, original.header_without("typ"));
    let (header, claims) = (original.header_without("typ"), original.claims_with("typ", "at+jwt"));
    cases.add("typ in the payload", Rule::Type, original.sealed(header, claims));
    let header = original.header_without("typ");
    let header = crate::original::appended(&header, r#""Typ":"at+jwt""#);
    cases.add_header("typ in capitals", Rule::Type, header);
}
