//! API calls as values: method, path and body. A call that changes state is an [`Action`], which cannot be sent
//! without an idempotency key; refresh, confirm and password change carry the attempt key of a rotation. This module
//! must not send requests or interpret answers; [`crate::transport`] and [`crate::session`] do.

use gloo_net::http::Method;
use serde::Serialize;
use shared::body::{ConfirmRequest, LoginRequest, NameRequest, PasswordRequest, RegisterRequest};
use shared::note::NoteRequest;
use shared::path::{self, BEFORE_PARAMETER, KIND_PARAMETER};
use shared::{EventId, EventKind, NoteId, Secret, SessionId};

use crate::action::{Action, LOGIN, REGISTER, REGISTER_AGAIN};
use crate::transport::Request;

/// Creates an account and its first session.
pub(crate) fn register(body: &RegisterRequest) -> Action {
    let request = with_json(Request::new(Method::POST, path::REGISTER), body);
    Action::sign_in(REGISTER, request, &body.email)
}

/// The same with another idempotency key: the key of [`register`] was used, and the account does not exist.
pub(crate) fn register_again(body: &RegisterRequest) -> Action {
    let request = with_json(Request::new(Method::POST, path::REGISTER), body);
    Action::sign_in(REGISTER_AGAIN, request, &body.email)
}

/// Exchanges email address and password for a session.
pub(crate) fn log_in(body: &LoginRequest) -> Action {
    let request = with_json(Request::new(Method::POST, path::LOGIN), body);
    Action::sign_in(LOGIN, request, &body.email)
}

/// Rotates the refresh cookie; a retry with the same `attempt_key` is safe.
pub(crate) fn refresh(attempt_key: &str) -> Request {
    Request {
        attempt_key: Some(attempt_key.to_owned()),
        ..Request::new(Method::POST, path::REFRESH)
    }
}

/// Reauthentication: a refresh with the password.
pub(crate) fn confirm(body: &ConfirmRequest, attempt_key: &str) -> Request {
    let request = Request::new(Method::POST, path::CONFIRM);
    with_json(Request { attempt_key: Some(attempt_key.to_owned()), ..request }, body)
}

/// Revokes the expected session, which the refresh cookie or the access token names, even an expired token.
pub(crate) fn log_out(expected: Option<SessionId>, bearer: Option<Secret>) -> Action {
    let if_match = expected.map(|session| format!("\"{session}\""));
    let request = Request { if_match, bearer, ..Request::new(Method::POST, path::LOGOUT) };
    match expected {
        Some(_) => Action::new("logout", request),
        // The next session must not get the stored answer of this one.
        None => Action::of_one_click("logout", request),
    }
}

/// The user and the session that an access token names.
pub(crate) fn me() -> Request {
    Request::new(Method::GET, path::ME)
}

pub(crate) fn delete_account() -> Action {
    Action::new("account", Request::new(Method::DELETE, path::ME))
}

/// Changes the password; `attempt_key` belongs to the rotation that comes with it.
pub(crate) fn change_password(body: &PasswordRequest, attempt_key: &str) -> Request {
    let request = Request::new(Method::PUT, path::PASSWORD);
    with_json(Request { attempt_key: Some(attempt_key.to_owned()), ..request }, body)
}

pub(crate) fn change_name(body: &NameRequest) -> Action {
    Action::new("name", with_json(Request::new(Method::PUT, path::NAME), body))
}

/// Lists the user's active sessions.
pub(crate) fn sessions() -> Request {
    Request::new(Method::GET, path::SESSIONS)
}

pub(crate) fn revoke_session(id: SessionId) -> Action {
    Action::new(format!("session:{id}"), Request::new(Method::DELETE, path::session(id)))
}

/// Revokes all sessions except this one.
pub(crate) fn revoke_other_sessions() -> Action {
    Action::new("others", Request::new(Method::DELETE, path::SESSIONS))
}

/// Security events of these kinds, newest first, before `before` if it is given.
pub(crate) fn events(kinds: &[EventKind], before: Option<EventId>) -> Request {
    let kinds: Vec<_> = kinds.iter().map(|kind| kind.as_str()).collect();
    let mut path = format!("{}?{KIND_PARAMETER}={}", path::EVENTS, kinds.join(","));
    if let Some(before) = before {
        path.push_str(&format!("&{BEFORE_PARAMETER}={before}"));
    }
    Request::new(Method::GET, path)
}

/// Notes, newest first, before `before` if it is given.
pub(crate) fn notes(before: Option<NoteId>) -> Request {
    let path = match before {
        Some(before) => format!("{}?{BEFORE_PARAMETER}={before}", path::NOTES),
        None => path::NOTES.to_owned(),
    };
    Request::new(Method::GET, path)
}

pub(crate) fn note(id: NoteId) -> Request {
    Request::new(Method::GET, path::note(id))
}

pub(crate) fn create_note(body: &NoteRequest) -> Action {
    Action::new("note:new", with_json(Request::new(Method::POST, path::NOTES), body))
}

/// Replaces `version` of a note, and no other version.
pub(crate) fn replace_note(id: NoteId, version: &str, body: &NoteRequest) -> Action {
    let request = Request::new(Method::PUT, path::note(id));
    let request = Request { if_match: Some(version.to_owned()), ..request };
    Action::new(format!("note:{id}"), with_json(request, body))
}

pub(crate) fn delete_note(id: NoteId) -> Action {
    Action::new(format!("note:{id}"), Request::new(Method::DELETE, path::note(id)))
}

fn with_json<T: Serialize>(request: Request, body: &T) -> Request {
    let json = serde_json::to_string(body).expect("a struct of strings is always valid JSON");
    Request { json: Some(json), ..request }
}
