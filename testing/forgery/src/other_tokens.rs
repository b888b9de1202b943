//! Cross-JWT confusion (RFC 8725 section 2.8): tokens that the issuer signs for other purposes, tokens of other
//! protocols, and text that is no JWT.

use serde_json::{Value, json};

use crate::attacker::Attacker;
use crate::base64url::b64;
use crate::case::{Cases, Rule};

pub(crate) fn forge(cases: &mut Cases<'_>, attacker: &Attacker) {
    of_the_issuer(cases);
    under_our_type(cases);
    with_a_key(cases, attacker);
    no_jwts(cases);
}

/// Tokens that an issuer may sign with the same key.
fn kinds(cases: &Cases<'_>) -> Vec<(&'static str, Option<&'static str>, Value)> {
    let original = cases.original;
    let claim = |name: &str| original.claim(name).clone();
    let (iss, sub, sid) = (claim("iss"), claim("sub"), claim("sid"));
    let (client, iat, exp, jti) = (claim("client_id"), claim("iat"), claim("exp"), claim("jti"));
    let id_token = json!({
        "iss": iss, "sub": sub, "aud": client, "exp": exp, "iat": iat, "nonce": "n-0S6_WzA2Mj",
        "sid": sid, "auth_time": iat, "amr": ["pwd"],
    });
    let logout = json!({
        "iss": iss, "sub": sub, "aud": client, "iat": iat, "exp": exp, "jti": jti, "sid": sid,
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    });
    let status_list = json!({
        "iss": iss, "sub": format!("{}/status-lists/0", original.issuer()), "iat": iat, "exp": exp,
        "ttl": 5, "status_list": {"bits": 1, "lst": "eNpjAAAAAQAB"},
    });
    let introspection = json!({
        "iss": iss, "aud": claim("aud"), "iat": iat, "token_introspection": {"active": true, "sub": sub},
    });
    let assertion = json!({
        "iss": client, "sub": client, "aud": iss, "exp": exp, "iat": iat, "jti": jti,
    });
    vec![
        ("ID token", Some("JWT"), id_token.clone()),
        ("ID token without typ", None, id_token),
        ("logout token", Some("logout+jwt"), logout),
        ("status list token", Some("statuslist+jwt"), status_list),
        ("introspection response", Some("token-introspection+jwt"), introspection),
        ("client assertion", Some("JWT"), assertion.clone()),
        (
            "client assertion with its own type",
            Some("client-authentication+jwt"),
            assertion.clone(),
        ),
        ("request object", Some("oauth-authz-req+jwt"), assertion.clone()),
        ("security event token", Some("secevent+jwt"), assertion.clone()),
        ("refresh token as a JWT", Some("rt+jwt"), assertion),
    ]
}

fn of_the_issuer(cases: &mut Cases<'_>) {
    for (name, typ, claims) in kinds(cases) {
        let header = match typ {
            Some(typ) => cases.original.header_with("typ", typ),
            None => cases.original.header_without("typ"),
        };
        let token = cases.original.sealed(header, claims.to_string());
        cases.add(name, Rule::Type, token);
    }
}

/// The same claims under the type of an access token: the claims must differ.
fn under_our_type(cases: &mut Cases<'_>) {
    for (name, _, claims) in kinds(cases) {
        let rule = match name {
            "ID token" => Rule::MissingClaim("jti"),
            "logout token" => Rule::MissingClaim("client_id"),
            "introspection response" => Rule::MissingClaim("sub"),
            // `sub` is present, and not a user.
            "status list token" | "client assertion" => Rule::ClaimValue("sub"),
            _ => continue,
        };
        let name = format!("claims of a {name} under the type of an access token");
        cases.add_payload(name, rule, claims.to_string());
    }
}

/// RFC 9449 section 4.2: a DPoP proof embeds its key; an access token must not.
fn with_a_key(cases: &mut Cases<'_>, attacker: &Attacker) {
    let original = cases.original;
    let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": attacker.jwk("a")});
    let claims = json!({
        "jti": "a", "htm": "GET", "htu": original.issuer(), "iat": original.instant("iat"),
    });
    let proof = attacker.sealed(header.to_string(), claims.to_string());
    cases.add("DPoP proof", Rule::ForbiddenHeader("jwk"), proof);
}

fn no_jwts(cases: &mut Cases<'_>) {
    let original = cases.original;
    for (name, token) in [
        ("opaque token", b64(original.signature())),
        ("the session's id", original.claim("sid").as_str().expect("an id").to_owned()),
        ("the token's id", original.claim("jti").as_str().expect("an id").to_owned()),
        ("the key set", b64(original.jwks())),
        ("user and password", "YWxpY2U6cGFzc3dvcmQ=".to_owned()),
        ("SAML assertion", b64("<saml:Assertion Version=\"2.0\"></saml:Assertion>")),
        ("the word null", "null".to_owned()),
        ("the word undefined", "undefined".to_owned()),
    ] {
        cases.add(name, Rule::Compact, token);
    }
    cases.add("PASETO", Rule::Encoding, format!("v4.public.{}", b64(original.claims_text())));
}
