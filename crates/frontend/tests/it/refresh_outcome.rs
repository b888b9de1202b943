//! Which answers to a refresh end a session (one), settle an attempt, or are transient errors.

use frontend::session::refresh_outcome::{RefreshOutcome, classify, settles_a_password_change};
use frontend::session::transient_error::TransientError;
use frontend::transport::{Answer, NoAnswer};

/// An outcome, reduced for comparison.
#[derive(Debug, PartialEq)]
enum Seen {
    Renewed,
    SignedOut,
    Duplicate,
    StepUpRequired,
    Transient { error: TransientError, after: Option<u32>, retry: bool },
}

fn seen(response: Result<Answer, NoAnswer>) -> (Seen, bool) {
    let classified = classify(&response);
    let seen = match classified.outcome {
        RefreshOutcome::Renewed(_) => Seen::Renewed,
        RefreshOutcome::SignedOut => Seen::SignedOut,
        RefreshOutcome::Duplicate => Seen::Duplicate,
        RefreshOutcome::StepUpRequired => Seen::StepUpRequired,
        RefreshOutcome::Transient { error, retry_after_seconds, worth_retrying } => {
            Seen::Transient { error, after: retry_after_seconds, retry: worth_retrying }
        }
    };
    (seen, classified.settled)
}

fn answer(status: u16, body: &str) -> Result<Answer, NoAnswer> {
    let body = body.to_owned();
    Ok(Answer { status, retry_after_seconds: Some(3), body, ..Answer::default() })
}

fn problem(status: u16, code: &str) -> Result<Answer, NoAnswer> {
    let body = format!(r#"{{"type":"about:blank","title":"t","status":{status},"code":"{code}"}}"#);
    answer(status, &body)
}

const SESSION: &str = r#"{
    "access_token": "opaque", "token_type": "Bearer", "expires_in": 900, "later_member": true,
    "session_id": "01980000-0000-7000-8000-000000000001",
    "user": {"id": "01980000-0000-7000-8000-000000000002", "email": "ada@example.org", "name": null}
}"#;

#[test]
fn an_answer_with_a_session_settles_the_attempt() {
    assert_eq!(seen(answer(200, SESSION)), (Seen::Renewed, true));
}

#[test]
fn only_an_explicit_refusal_ends_the_session() {
    assert_eq!(seen(problem(401, "invalid_grant")), (Seen::SignedOut, true));
    for (status, code) in [
        (400, "invalid_grant"),
        (401, "invalid_token"),
        (401, "from_a_later_server"),
        (403, "cross_site"),
        (404, "not_found"),
        (429, "rate_limited"),
        (500, "invalid_grant"),
        (503, "temporarily_unavailable"),
    ] {
        let (seen, _) = seen(problem(status, code));
        assert!(matches!(seen, Seen::Transient { .. }), "{status} {code}: {seen:?}");
    }
    let (seen, settled) = seen(answer(401, "<h1>Sign in to the hotel's network</h1>"));
    assert!(matches!(seen, Seen::Transient { .. }) && !settled, "{seen:?}");
}

#[test]
fn a_duplicate_is_settled_and_ends_nothing() {
    assert_eq!(seen(problem(409, "duplicate_attempt")), (Seen::Duplicate, true));
}

/// If an attempt was carried out and its answer lost, its key alone proves with the password that this client is no
/// replay.
#[test]
fn a_required_step_up_keeps_the_session_and_the_key() {
    let wanted = problem(401, "insufficient_user_authentication");
    assert_eq!(seen(wanted), (Seen::StepUpRequired, false));
    for (status, code) in [(403, "insufficient_user_authentication"), (401, "invalid_credentials")]
    {
        let (seen, settled) = seen(problem(status, code));
        assert!(matches!(seen, Seen::Transient { retry: false, .. }), "{status}: {seen:?}");
        assert!(!settled, "{status}");
    }
}

#[test]
fn a_change_of_the_password_is_settled_by_an_answer_that_says_what_became_of_it() {
    assert!(settles_a_password_change(&answer(204, ""), false));
    for (status, code) in [
        (401, "invalid_credentials"),
        (401, "invalid_token"),
        (422, "validation_failed"),
        (429, "rate_limited"),
    ] {
        assert!(settles_a_password_change(&problem(status, code), false), "{status} {code}");
    }
    for unsettled in [
        Err(NoAnswer::Offline),
        Err(NoAnswer::Timeout),
        problem(503, "temporarily_unavailable"),
        problem(500, "internal_error"),
        answer(200, "<h1>Welcome to our wireless network</h1>"),
        answer(401, "<h1>Who are you?</h1>"),
        answer(408, ""),
    ] {
        assert!(!settles_a_password_change(&unsettled, false));
    }
}

/// An earlier try may have been carried out: then its key alone proves that this client is no replay.
#[test]
fn a_change_of_the_password_with_a_lost_answer_is_settled_by_success_alone() {
    assert!(settles_a_password_change(&answer(204, ""), true));
    for refusal in [
        problem(401, "invalid_credentials"),
        problem(401, "invalid_token"),
        problem(409, "duplicate_attempt"),
        problem(422, "validation_failed"),
        problem(429, "rate_limited"),
        Err(NoAnswer::Offline),
    ] {
        assert!(!settles_a_password_change(&refusal, true));
    }
}

#[test]
fn a_missing_answer_settles_no_attempt() {
    for (no_answer, error) in
        [(NoAnswer::Offline, TransientError::Offline), (NoAnswer::Timeout, TransientError::Timeout)]
    {
        let expected = Seen::Transient { error, after: None, retry: true };
        assert_eq!(seen(Err(no_answer)), (expected, false));
    }
}

#[test]
fn a_429_or_5xx_is_retried_with_the_same_key() {
    for (status, code, error) in [
        (429, "rate_limited", TransientError::RateLimited),
        (500, "internal_error", TransientError::Unavailable),
        (503, "temporarily_unavailable", TransientError::Unavailable),
    ] {
        let expected = Seen::Transient { error, after: Some(3), retry: true };
        assert_eq!(seen(problem(status, code)), (expected, false), "{status}");
    }
    let gateway = seen(answer(502, "<h1>Bad gateway</h1>"));
    let error = TransientError::Unavailable;
    assert_eq!(gateway, (Seen::Transient { error, after: Some(3), retry: true }, false));
}

#[test]
fn half_an_answer_is_no_answer() {
    for body in ["", "{", "<html>", r#"{"access_token": "opaque"}"#] {
        let (seen, settled) = seen(answer(200, body));
        assert!(matches!(seen, Seen::Transient { retry: true, .. }), "{body:?}: {seen:?}");
        assert!(!settled, "{body:?}");
    }
}

#[test]
fn a_refusal_that_says_nothing_of_the_attempt_keeps_its_key_and_is_not_repeated() {
    for (status, code) in [(400, "malformed_request"), (403, "cross_site"), (404, "not_found")] {
        let error = TransientError::Unexpected(status);
        let expected = Seen::Transient { error, after: None, retry: false };
        assert_eq!(seen(problem(status, code)), (expected, false), "{status}");
    }
}

/// Two ports of one host share their cookies: a page at the wrong port has the hint cookie of a session, and tries to
/// refresh.
#[test]
fn a_refusal_of_the_pages_origin_names_the_one_to_open() {
    let body = r#"{"type":"about:blank","title":"t","status":403,"code":"cross_site","accepted_origin":"http://localhost:3000"}"#;
    let (seen, settled) = seen(answer(403, body));
    let error = TransientError::WrongOrigin("http://localhost:3000");
    assert_eq!((seen, settled), (Seen::Transient { error, after: None, retry: false }, false));
    assert!(error.to_string().contains("http://localhost:3000"), "{error}");
}

#[test]
fn a_problem_is_the_same_error_as_the_answer_that_it_came_in() {
    for (status, code) in [
        (401, "invalid_token"),
        (403, "insufficient_scope"),
        (408, "unknown"),
        (429, "rate_limited"),
        (503, "temporarily_unavailable"),
    ] {
        let answer = problem(status, code).expect("an answer");
        let problem = answer.problem().expect("a problem document");
        assert_eq!(TransientError::from(problem), TransientError::from(&answer), "{code}");
    }
}
