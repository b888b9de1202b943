//! Identity of idempotent actions: their digest covers the content, and never a password.

use frontend::action::{Action, LOGIN, REGISTER, REGISTER_AGAIN, begins_a_session};
use frontend::transport::Request;
use gloo_net::http::Method;

const KEY: &str = "018bcfe568000102030405060708090a";
const OTHER_KEY: &str = "018bcfe568010102030405060708090a";

fn request(method: Method, path: &'static str, version: Option<&str>, body: &str) -> Request {
    Request {
        if_match: version.map(str::to_owned),
        json: Some(body.to_owned()),
        ..Request::new(method, path)
    }
}

fn digest(method: Method, path: &'static str, version: Option<&str>, body: &str) -> String {
    let action = Action::new("note:1", request(method, path, version, body));
    action.digest(KEY).expect("an action that says what it is about has a digest")
}

#[test]
fn an_action_is_the_same_if_all_of_its_request_is() {
    let same = digest(Method::PUT, "/api/notes/1", Some("\"1\""), "{}");
    assert_eq!(same, digest(Method::PUT, "/api/notes/1", Some("\"1\""), "{}"));
    for other in [
        digest(Method::DELETE, "/api/notes/1", Some("\"1\""), "{}"),
        digest(Method::PUT, "/api/notes/2", Some("\"1\""), "{}"),
        digest(Method::PUT, "/api/notes/1", Some("\"2\""), "{}"),
        digest(Method::PUT, "/api/notes/1", None, "{}"),
        digest(Method::PUT, "/api/notes/1", Some("\"1\""), "{ }"),
        // Content that moves from one part to the next makes another action.
        digest(Method::PUT, "/api/notes/1\"1\"", None, "{}"),
    ] {
        assert_ne!(same, other);
    }
}

#[test]
fn a_digest_is_64_bits_salted_with_the_key() {
    let action = Action::new("name", request(Method::PUT, "/api/me/name", None, "{}"));
    let digest = action.digest(KEY).expect("it says what it is about");
    assert!(digest.len() == 16 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()), "{digest}");
    assert_ne!(action.digest(OTHER_KEY), Some(digest));
}

#[test]
fn a_login_is_the_same_for_one_address_whatever_the_password_is() {
    let login = |email, body| {
        Action::sign_in("login", request(Method::POST, "/api/auth/login", None, body), email)
    };
    let ada = login("ada@example.org", "one password").digest(KEY);
    assert_eq!(ada, login(" Ada@Example.org ", "another password").digest(KEY));
    assert_ne!(ada, login("grace@example.org", "one password").digest(KEY));
}

/// A validation error of one copy of a login may not apply to its retry, which has another password.
#[test]
fn all_of_a_request_is_the_same_unless_it_begins_a_session() {
    for name in [LOGIN, REGISTER, REGISTER_AGAIN] {
        let sign_in = Action::sign_in(name, request(Method::POST, "/", None, "{}"), "a@b.example");
        assert!(begins_a_session(name) && !sign_in.digest_covers_request(), "{name}");
    }
    for name in ["logout", "name", "note:new", "session:login"] {
        let action = Action::new(name, request(Method::POST, "/", None, "{}"));
        assert!(!begins_a_session(name) && action.digest_covers_request(), "{name}");
    }
}

#[test]
fn an_action_of_one_click_is_not_known_again() {
    let logout = Action::of_one_click("logout", Request::new(Method::POST, "/api/auth/logout"));
    assert_eq!(logout.digest(KEY), None);
}

#[test]
fn every_copy_of_a_request_carries_the_key_and_is_otherwise_the_same() {
    let action = Action::new("note:1", request(Method::PUT, "/api/notes/1", Some("\"1\""), "{}"));
    assert_eq!(action.name(), "note:1");
    let sent = action.keyed(KEY);
    assert_eq!(sent.attempt_key.as_deref(), Some(KEY));
    assert_eq!((sent.method, &*sent.path), (Method::PUT, "/api/notes/1"));
    assert_eq!((sent.if_match.as_deref(), sent.json.as_deref()), (Some("\"1\""), Some("{}")));
    assert!(sent.bearer.is_none());
}
