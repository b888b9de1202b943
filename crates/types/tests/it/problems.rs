//! Problem types and challenges: the texts that clients depend on.

use types::{ProblemType, challenge};

#[test]
fn a_code_names_one_problem_type() {
    let all = [
        (ProblemType::MALFORMED_REQUEST, 400, "malformed_request"),
        (ProblemType::INVALID_TOKEN, 401, "invalid_token"),
        (ProblemType::INSUFFICIENT_USER_AUTHENTICATION, 401, "insufficient_user_authentication"),
        (ProblemType::INSUFFICIENT_SCOPE, 403, "insufficient_scope"),
        (ProblemType::INTERNAL_ERROR, 500, "internal_error"),
        (ProblemType::TEMPORARILY_UNAVAILABLE, 503, "temporarily_unavailable"),
    ];
    for (kind, status, code) in all {
        assert_eq!((kind.status, kind.code), (status, code));
        assert!(kind.title.ends_with('.'), "{code}");
    }
}

#[test]
fn a_challenge_names_its_error_and_its_parameters() {
    assert_eq!(challenge::INVALID_TOKEN, r#"Bearer error="invalid_token""#);
    assert_eq!(challenge::no_token("api"), r#"Bearer realm="api""#);
    let step_up = concat!(
        r#"Bearer error="insufficient_user_authentication", "#,
        r#"error_description="A more recent authentication is required", max_age="300""#,
    );
    assert_eq!(challenge::step_up(300), step_up);
}
