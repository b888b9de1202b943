//! The calls of the API as values: which method, path and body. What changes something is an [`Action`], which cannot be sent
//! without an idempotency key; refresh, confirm and password change have the attempt key of a rotation. It must not send
//! anything or decide what an answer means; [`crate::transport`] and [`crate::session`] do.

use gloo_net::http::Method;
use serde::Serialize;
use shared::body::{ConfirmRequest, LoginRequest, NameRequest, PasswordRequest, RegisterRequest};
use shared::note::NoteRequest;
use shared::path::{self, BEFORE_PARAMETER, KIND_PARAMETER, SEARCH_PARAMETER};
use shared::{EventId, EventKind, NoteId, Secret, SessionId};

use crate::action::{Action, LOGIN, REGISTER, REGISTER_AGAIN};
use crate::transport::Request;

/// Creates an account and its first session.
pub(crate) fn register(body: &RegisterRequest) -> Action {
    let request = with_json(Request::new(Method::POST, path::REGISTER), body);
    Action::sign_in(REGISTER, request, &body.email)
}

/// The same, with a key of its own: that of [`register`] was used, and the account is not there.
pub(crate) fn register_again(body: &RegisterRequest) -> Action {
    let request = with_json(Request::new(Method::POST, path::REGISTER), body);
    Action::sign_in(REGISTER_AGAIN, request, &body.email)
}

/// Exchanges email address and password for a session.
pub(crate) fn log_in(body: &LoginRequest) -> Action {
    let request = with_json(Request::new(Method::POST, path::LOGIN), body);
    Action::sign_in(LOGIN, request, &body.email)
}

/// Hands the refresh cookie over for the next one; `attempt_key` makes asking again harmless.
pub(crate) fn refresh(attempt_key: &str) -> Request {
    Request {
        attempt_key: Some(attempt_key.to_owned()),
        ..Request::new(Method::POST, path::REFRESH)
    }
}

/// A refresh with the password: the user proves again who they are.
pub(crate) fn confirm(body: &ConfirmRequest, attempt_key: &str) -> Request {
    let request = Request::new(Method::POST, path::CONFIRM);
    with_json(Request { attempt_key: Some(attempt_key.to_owned()), ..request }, body)
}

/// Ends the session that is meant: the one that the refresh cookie belongs to, or the access token, expired or not.
pub(crate) fn log_out(expected: Option<SessionId>, bearer: Option<Secret>) -> Action {
    let if_match = expected.map(|session| format!("\"{session}\""));
    let request = Request { if_match, bearer, ..Request::new(Method::POST, path::LOGOUT) };
    match expected {
        Some(_) => Action::new("logout", request),
        // The next session must not be left with the answer of this one.
        None => Action::of_one_click("logout", request),
    }
}

/// The user and the session an access token speaks for.
pub(crate) fn me() -> Request {
    Request::new(Method::GET, path::ME)
}

/// Deletes the account.
pub(crate) fn delete_account() -> Action {
    Action::new("account", Request::new(Method::DELETE, path::ME))
}

/// Another password; `attempt_key` is that of the rotation it brings.
pub(crate) fn change_password(body: &PasswordRequest, attempt_key: &str) -> Request {
    let request = Request::new(Method::PUT, path::PASSWORD);
    with_json(Request { attempt_key: Some(attempt_key.to_owned()), ..request }, body)
}

/// Another name.
pub(crate) fn change_name(body: &NameRequest) -> Action {
    Action::new("name", with_json(Request::new(Method::PUT, path::NAME), body))
}

/// Where the user is logged in.
pub(crate) fn sessions() -> Request {
    Request::new(Method::GET, path::SESSIONS)
}

/// Ends one session.
pub(crate) fn revoke_session(id: SessionId) -> Action {
    Action::new(format!("session:{id}"), Request::new(Method::DELETE, path::session(id)))
}

/// Ends all sessions but this one.
pub(crate) fn revoke_other_sessions() -> Action {
    Action::new("others", Request::new(Method::DELETE, path::SESSIONS))
}

/// Security events of these kinds, newest first; those before `before`, if it is given.
pub(crate) fn events(kinds: &[EventKind], before: Option<EventId>) -> Request {
    let kinds: Vec<_> = kinds.iter().map(|kind| kind.as_str()).collect();
    let mut path = format!("{}?{KIND_PARAMETER}={}", path::EVENTS, kinds.join(","));
    if let Some(before) = before {
        path.push_str(&format!("&{BEFORE_PARAMETER}={before}"));
    }
    Request::new(Method::GET, path)
}

/// Notes that hold `text`, newest first; those before `before`, if it is given. In the browser only.
pub(crate) fn notes(text: &str, before: Option<NoteId>) -> Request {
    let text = js_sys::encode_uri_component(text);
    let mut path = format!("{}?{SEARCH_PARAMETER}={text}", path::NOTES);
    if let Some(before) = before {
        path.push_str(&format!("&{BEFORE_PARAMETER}={before}"));
    }
    Request::new(Method::GET, path)
}

/// One note.
pub(crate) fn note(id: NoteId) -> Request {
    Request::new(Method::GET, path::note(id))
}

/// Another note.
pub(crate) fn create_note(body: &NoteRequest) -> Action {
    Action::new("note:new", with_json(Request::new(Method::POST, path::NOTES), body))
}

/// Other words in the place of `version`, and of no other.
pub(crate) fn replace_note(id: NoteId, version: &str, body: &NoteRequest) -> Action {
    let request = Request::new(Method::PUT, path::note(id));
    let request = Request { if_match: Some(version.to_owned()), ..request };
    Action::new(format!("note:{id}"), with_json(request, body))
}

/// A note less.
pub(crate) fn delete_note(id: NoteId) -> Action {
    Action::new(format!("note:{id}"), Request::new(Method::DELETE, path::note(id)))
}

fn with_json<T: Serialize>(request: Request, body: &T) -> Request {
    let json = serde_json::to_string(body).expect("a struct of strings is always valid JSON");
    Request { json: Some(json), ..request }
}
