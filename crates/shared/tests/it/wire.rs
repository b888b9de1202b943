//! JSON bodies on the wire.

use serde_json::json;
use shared::body::{LoginRequest, SessionBody};
use shared::{ErrorCode, LimitedBy, Problem};

#[test]
fn requests_refuse_unknown_members() {
    let error = serde_json::from_value::<LoginRequest>(
        json!({"email": "a@b.c", "password": "x", "admin": true}),
    )
    .err()
    .expect("an unknown member");
    assert!(error.to_string().contains("unknown field `admin`"));
}

#[test]
fn responses_tolerate_unknown_members() {
    let body: SessionBody = serde_json::from_value(json!({
        "access_token": "opaque", "token_type": "Bearer", "expires_in": 900, "later": "more",
        "session_id": "01890a5d-ac96-774b-bcce-b302099a8057",
        "user": {"id": "01890a5d-ac96-774b-bcce-b302099a8058", "email": "a@b.c", "name": null},
    }))
    .expect("a session body");
    assert_eq!(body.session_id.to_string(), "01890a5d-ac96-774b-bcce-b302099a8057");
    assert_eq!(body.access_token.expose(), "opaque");
}

#[test]
fn a_code_is_written_as_it_is_named_and_a_new_one_is_no_error() {
    for code in [
        ErrorCode::MalformedRequest,
        ErrorCode::ContentTooLarge,
        ErrorCode::UriTooLong,
        ErrorCode::UnsupportedMediaType,
        ErrorCode::HeaderFieldsTooLarge,
        ErrorCode::ValidationFailed,
        ErrorCode::IdempotencyKeyReused,
        ErrorCode::InvalidCredentials,
        ErrorCode::InvalidToken,
        ErrorCode::InvalidClient,
        ErrorCode::UnauthorizedClient,
        ErrorCode::InvalidGrant,
        ErrorCode::InsufficientUserAuthentication,
        ErrorCode::CrossSite,
        ErrorCode::NotForBrowsers,
        ErrorCode::InsufficientScope,
        ErrorCode::NotFound,
        ErrorCode::MethodNotAllowed,
        ErrorCode::EmailTaken,
        ErrorCode::DuplicateAttempt,
        ErrorCode::QuotaExceeded,
        ErrorCode::PreconditionFailed,
        ErrorCode::RateLimited,
        ErrorCode::InternalError,
        ErrorCode::TemporarilyUnavailable,
    ] {
        assert_eq!(serde_json::to_value(code).expect("a string"), json!(code.as_str()));
        assert_eq!(code.to_string(), code.as_str());
    }
    let problem = Problem::new(ErrorCode::NotFound);
    assert_eq!(problem.kind, "urn:baton:problem:not_found");
    assert_eq!((problem.status, problem.title.as_str()), (404, "There is nothing here."));
    let problem: Problem = serde_json::from_value(json!({
        "type": "about:blank", "title": "New", "status": 418, "code": "teapot",
    }))
    .expect("a problem");
    assert_eq!((problem.code, problem.limited_by), (ErrorCode::Unknown, None));
}

#[test]
fn a_limit_is_written_as_it_is_named_and_a_new_one_is_no_error() {
    let limited_by = |name: &str| {
        let problem = json!({
            "type": "about:blank", "title": "", "status": 429, "code": "rate_limited", "limited_by": name,
        });
        serde_json::from_value::<Problem>(problem).expect("a problem").limited_by
    };
    for (limit, name) in [
        (LimitedBy::WrongPasswords, "wrong_passwords"),
        (LimitedBy::Lockout, "lockout"),
        (LimitedBy::SessionLockout, "session_lockout"),
    ] {
        assert_eq!(serde_json::to_value(limit).expect("a string"), json!(name));
        assert_eq!(limited_by(name), Some(limit));
    }
    assert_eq!(limited_by("phase_of_the_moon"), Some(LimitedBy::Unknown));
}
