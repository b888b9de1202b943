//! Accepted tokens, and the claims they yield.

use serde_json::json;
use types::NumericDate;
use verifier::AccessToken;

use crate::support::{
    AUDIENCE, EXP, IAT, ISSUER, OTHER_AUDIENCE, SID, SUB, claims, claims_with, good_token, header,
    header_with, token, token_with_header, token_with_payload, verify,
};

#[test]
fn an_accepted_token_yields_all_its_claims() {
    let token = token_with_payload(claims_with("scope", json!("sessions:read profile")));
    assert_eq!(
        verify(&token),
        Ok(AccessToken {
            iss: ISSUER.to_owned(),
            sub: SUB.parse().expect("a user id"),
            aud: vec![AUDIENCE.to_owned()],
            exp: NumericDate(EXP),
            iat: NumericDate(IAT),
            jti: "token-1".to_owned(),
            client_id: "browser".to_owned(),
            sid: SID.parse().expect("a session id"),
            auth_time: NumericDate(IAT - 5),
            amr: vec!["pwd".to_owned()],
            scope: Some("sessions:read profile".to_owned()),
            status: None,
        })
    );
}

#[test]
fn a_scope_is_optional() {
    assert_eq!(verify(&good_token()).map(|token| token.scope), Ok(None));
}

#[test]
fn one_audience_may_be_a_string() {
    let token = token_with_payload(claims_with("aud", json!(AUDIENCE)));
    assert_eq!(verify(&token).map(|token| token.aud), Ok(vec![AUDIENCE.to_owned()]));
}

#[test]
fn one_audience_of_several_is_enough_wherever_it_stands() {
    for aud in [
        json!([OTHER_AUDIENCE]),
        json!([AUDIENCE, "https://elsewhere.example"]),
        json!(["https://elsewhere.example", OTHER_AUDIENCE]),
    ] {
        let yielded = verify(&token_with_payload(claims_with("aud", aud.clone())));
        assert_eq!(yielded.map(|token| json!(token.aud)), Ok(aud));
    }
}

#[test]
fn several_methods_of_authentication_keep_their_order() {
    let token = token_with_payload(claims_with("amr", json!(["pwd", "otp", "mfa"])));
    assert_eq!(verify(&token).map(|token| token.amr.join(" ")), Ok("pwd otp mfa".to_owned()));
}

#[test]
fn unknown_members_are_ignored() {
    let header =
        header_with("cty", json!({"any": [1.5, null, true, -7, 18_446_744_073_709_551_615_u64]}));
    let payload = claims_with("cnf", json!([false, {"jkt": "…"}, 1e300]));
    assert!(verify(&token(header, payload)).is_ok());
}

#[test]
fn white_space_between_the_tokens_of_json_means_nothing() {
    let spaced = |json: String| format!("\r\n\t {} \n", json.replace(',', " ,\n\t"));
    assert!(verify(&token(spaced(header().to_string()), spaced(claims().to_string()))).is_ok());
}

#[test]
fn an_escaped_spelling_of_a_name_is_that_name() {
    let header = header().to_string().replace("\"alg\"", r#""\u0061lg""#);
    assert!(verify(&token_with_header(header)).is_ok());
}
