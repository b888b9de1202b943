//! Which answers refuse the access token: those of the server, a resource server or a gateway.

use frontend::transport::Answer;

fn answer(status: u16, challenge: Option<&str>, body: &str) -> Answer {
    let challenge = challenge.map(str::to_owned);
    Answer { status, challenge, body: body.to_owned(), ..Answer::default() }
}

fn problem(code: &str) -> String {
    format!(r#"{{"type":"about:blank","title":"t","status":401,"code":"{code}"}}"#)
}

#[test]
fn a_refused_token_is_known_by_the_problem_document_or_by_the_challenge() {
    let edge = r#"Bearer realm="http://localhost:3000/api/notes?q=a,b", error="invalid_token""#;
    for (status, challenge, body) in [
        (401, Some(r#"Bearer error="invalid_token""#), &*problem("invalid_token")),
        (401, None, &problem("invalid_token")),
        (401, Some(edge), "Jwt is expired"),
        (401, Some(r#"bearer error=invalid_token, error_description="It expired""#), ""),
        (401, Some(r#"Basic realm="a", Bearer realm="b",error = "invalid_token""#), ""),
    ] {
        assert!(answer(status, challenge, body).refuses_the_token(), "{challenge:?} {body}");
    }
}

#[test]
fn other_refusals_do_not_refuse_the_token() {
    for (status, challenge, body) in [
        (401, None, "<h1>Who are you?</h1>"),
        (401, Some("Bearer"), "Jwt is missing"),
        (401, Some(r#"Bearer realm="http://localhost:3000/api/notes""#), "Jwt is missing"),
        (401, Some(r#"Basic realm="office", error="invalid_token""#), ""),
        (401, Some(r#"Bearer realm="x, error=invalid_token""#), ""),
        (401, Some(r#"Bearer error="insufficient_user_authentication""#), ""),
        (
            403,
            Some(r#"Bearer realm="x", error="invalid_token""#),
            "Audiences in Jwt are not allowed",
        ),
        (503, Some(r#"Bearer error="invalid_token""#), ""),
        // A problem document outweighs the challenge.
        (401, Some(r#"Bearer error="invalid_token""#), &problem("invalid_grant")),
        (
            401,
            Some(r#"Bearer error="invalid_token""#),
            &problem("insufficient_user_authentication"),
        ),
    ] {
        assert!(!answer(status, challenge, body).refuses_the_token(), "{challenge:?} {body}");
    }
}
