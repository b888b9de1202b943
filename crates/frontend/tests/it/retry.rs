//! When an action is done, when it is refused, and when it is retried with the same idempotency key.

use frontend::session::retry::{Outcome, classify, settles, wait_ms};
use frontend::session::transient_error::TransientError;
use frontend::transport::Answer;

/// An outcome, reduced for comparison.
#[derive(Debug, PartialEq)]
enum Seen {
    Done,
    Refused(u16),
    Unanswered(TransientError, Option<u32>),
}

fn seen(sent: Result<Answer, TransientError>) -> Seen {
    match classify(sent, |answer| (answer.status == 204).then_some(())) {
        Outcome::Done(()) => Seen::Done,
        Outcome::Refused(answer) => Seen::Refused(answer.status),
        Outcome::Unanswered { error, retry_after_seconds } => {
            Seen::Unanswered(error, retry_after_seconds)
        }
    }
}

fn answer(status: u16, body: &str) -> Answer {
    let body = body.to_owned();
    Answer { status, retry_after_seconds: Some(1), body, ..Answer::default() }
}

fn problem(status: u16, code: &str) -> Answer {
    let body = format!(r#"{{"type":"about:blank","title":"t","status":{status},"code":"{code}"}}"#);
    answer(status, &body)
}

#[test]
fn an_action_is_done_when_our_server_says_so_and_not_before() {
    assert_eq!(seen(Ok(answer(204, ""))), Seen::Done);
    // A captive portal's page, and half an answer.
    for status in [200, 201] {
        let unknown = Seen::Unanswered(TransientError::Unexpected(status), Some(1));
        assert_eq!(seen(Ok(answer(status, "<h1>Welcome</h1>"))), unknown);
    }
}

#[test]
fn a_refusal_of_our_server_is_an_answer() {
    for (status, code) in [
        (400, "malformed_request"),
        (401, "invalid_credentials"),
        (401, "insufficient_user_authentication"),
        (403, "cross_site"),
        (404, "not_found"),
        (409, "email_taken"),
        (409, "duplicate_attempt"),
        (412, "precondition_failed"),
        (422, "validation_failed"),
        (422, "idempotency_key_reused"),
        (429, "rate_limited"),
    ] {
        assert_eq!(seen(Ok(problem(status, code))), Seen::Refused(status), "{code}");
    }
}

#[test]
fn a_limit_and_a_refused_token_are_also_a_gateways_to_say() {
    assert_eq!(seen(Ok(answer(429, "slow down"))), Seen::Refused(429));
    let challenge = Some(r#"Bearer error="invalid_token""#.to_owned());
    let refused = Answer { challenge, ..answer(401, "Jwt is expired") };
    assert_eq!(seen(Ok(refused)), Seen::Refused(401));
}

#[test]
fn what_is_no_answer_of_our_server_says_nothing_of_the_action() {
    for error in [TransientError::Offline, TransientError::Timeout] {
        assert_eq!(seen(Err(error)), Seen::Unanswered(error, None));
    }
    for (answer, error) in [
        (answer(408, ""), TransientError::Timeout),
        (problem(425, "too_early"), TransientError::Unexpected(425)),
        (problem(500, "internal_error"), TransientError::Unavailable),
        (answer(502, "<h1>Bad gateway</h1>"), TransientError::Unavailable),
        (problem(503, "temporarily_unavailable"), TransientError::Unavailable),
        (answer(504, ""), TransientError::Unavailable),
        (answer(401, "<h1>Who are you?</h1>"), TransientError::Unexpected(401)),
        (answer(404, "<h1>Not found</h1>"), TransientError::Unexpected(404)),
    ] {
        let status = answer.status;
        assert_eq!(seen(Ok(answer)), Seen::Unanswered(error, Some(1)), "{status}");
    }
}

#[test]
fn a_refusal_of_the_only_try_settles_the_key() {
    for refusal in [problem(401, "invalid_credentials"), problem(429, "rate_limited")] {
        assert!(settles(&refusal, false));
    }
}

/// The account may exist, and the password of the retry be mistyped: with another key its owner would read that the
/// address is taken.
#[test]
fn a_refusal_that_comes_before_the_key_is_looked_for_settles_no_lost_try() {
    for (status, code) in [
        (400, "malformed_request"),
        (401, "invalid_credentials"),
        (401, "invalid_token"),
        (403, "cross_site"),
        (422, "validation_failed"),
        (422, "idempotency_key_reused"),
        (429, "rate_limited"),
    ] {
        assert!(!settles(&problem(status, code), true), "{code}");
    }
    assert!(!settles(&answer(404, ""), true));
    for (status, code) in
        [(404, "not_found"), (409, "duplicate_attempt"), (412, "precondition_failed")]
    {
        assert!(settles(&problem(status, code), true), "{code}");
    }
}

#[test]
fn an_action_is_retried_three_times_within_the_patience_of_a_user() {
    let longest: Vec<_> = (0..5).map(|tried| wait_ms(tried, None, 0.0, 0.0)).collect();
    assert_eq!(longest, [Some(300), Some(1_000), Some(3_000), None, None]);
    let shortest: Vec<_> = (0..3).map(|tried| wait_ms(tried, None, 0.0, 1.0)).collect();
    assert_eq!(shortest, [Some(225), Some(750), Some(2_250)]);
}

#[test]
fn after_a_timeout_there_is_one_more_try() {
    assert!(wait_ms(0, None, 10_000.0, 0.5).is_some());
    assert_eq!(wait_ms(1, None, 20_300.0, 0.5), None);
}

#[test]
fn a_short_retry_after_is_waited_for_and_a_long_one_ends_the_retries() {
    assert_eq!(wait_ms(0, Some(1), 0.0, 1.0), Some(1_000));
    assert_eq!(wait_ms(2, Some(1), 0.0, 0.0), Some(3_000));
    assert_eq!(wait_ms(0, Some(5), 0.0, 1.0), Some(5_000));
    assert_eq!(wait_ms(0, Some(6), 0.0, 0.0), None);
    assert_eq!(wait_ms(0, Some(u32::MAX), 0.0, 0.0), None);
}
