//! Every path, cookie name and header name that a server and the client both write. It must not hold
//! anything only one side knows. `cargo xtask tidy` checks that router and client use each path through its
//! constant, as far as it is theirs, and that a test speaks to it.

use crate::{NoteId, SessionId};

/// `POST`: create an account and its first session.
pub const REGISTER: &str = "/api/auth/register";
/// `POST`: exchange email address and password for a session.
pub const LOGIN: &str = "/api/auth/login";
/// `POST`: exchange the refresh cookie for the next one and an access token (RFC 6749 section 6).
pub const REFRESH: &str = "/api/auth/refresh";
/// `POST`: end the session that the refresh cookie belongs to, or the access token, expired or not.
pub const LOGOUT: &str = "/api/auth/logout";
/// `POST`: a refresh with the password: the user proves again who they are (RFC 9470).
pub const CONFIRM: &str = "/api/auth/confirm";
/// `GET`: the user and the session an access token speaks for. `DELETE`: delete the account.
pub const ME: &str = "/api/me";
/// `PUT`: another password, and an end to all other sessions.
pub const PASSWORD: &str = "/api/me/password";
/// `PUT`: another name.
pub const NAME: &str = "/api/me/name";
/// `GET`: where the user is logged in. `DELETE`: end all sessions but this one. One of them is at
/// [`session`].
pub const SESSIONS: &str = "/api/sessions";
/// `GET`: the user's security events; takes [`BEFORE_PARAMETER`] and [`KIND_PARAMETER`].
pub const EVENTS: &str = "/api/events";

/// Of the notes service. `GET`: the user's notes; takes [`BEFORE_PARAMETER`] and [`SEARCH_PARAMETER`].
/// `POST`: another one. One of them is at [`note`].
pub const NOTES: &str = "/api/notes";

/// `GET`: the public keys access tokens are signed with (RFC 7517 section 5).
pub const JWKS: &str = "/.well-known/jwks.json";
/// `GET`: where everything is (RFC 8414).
pub const METADATA: &str = "/.well-known/oauth-authorization-server";
/// `POST`, as a form: give up the session of a token (RFC 7009).
pub const REVOKE: &str = "/api/auth/revoke";
/// `POST`, as a form, by registered services: what a token says (RFC 7662).
pub const INTROSPECT: &str = "/api/auth/introspect";
/// `GET`: which sessions have ended lately (draft-ietf-oauth-status-list).
pub const STATUS_LIST: &str = "/status-lists/0";
/// `GET`: 200 while the process answers at all.
pub const HEALTH_LIVE: &str = "/health/live";
/// `GET`: 200 while the process can do its work, 503 while its storage fails.
pub const HEALTH_READY: &str = "/health/ready";

/// The page everyone lands on.
pub const HOME_PAGE: &str = "/";
/// The page that creates an account.
pub const REGISTER_PAGE: &str = "/register";
/// The page that logs in; takes [`NEXT_PARAMETER`].
pub const LOGIN_PAGE: &str = "/login";
/// The page only a logged-in user sees.
pub const ACCOUNT_PAGE: &str = "/account";

/// The user's notes, which a service of its own keeps.
pub const NOTES_PAGE: &str = "/notes";
/// Where the user is logged in.
pub const SESSIONS_PAGE: &str = "/sessions";
/// What has happened around the user's account.
pub const ACTIVITY_PAGE: &str = "/activity";
/// Name, password, and the end of the account.
pub const SETTINGS_PAGE: &str = "/settings";

/// Query parameter of [`EVENTS`] and [`NOTES`]: only those before the one with this id.
pub const BEFORE_PARAMETER: &str = "before";
/// Query parameter of [`EVENTS`]: only events of these kinds, separated by commas.
pub const KIND_PARAMETER: &str = "kind";
/// Query parameter of [`NOTES`]: only notes that hold this text, in any case.
pub const SEARCH_PARAMETER: &str = "q";
/// Query parameter of [`LOGIN_PAGE`]: where to go after login, a path on this origin.
pub const NEXT_PARAMETER: &str = "next";

/// The cookie that carries the refresh token. `__Host-Http-` makes the browser insist that it was
/// set by a server, for this host alone, over a trustworthy connection (RFC 10025).
pub const REFRESH_COOKIE: &str = "__Host-Http-refresh";
/// The readable hint that a refresh cookie is probably there. It proves nothing.
pub const SIGNED_IN_COOKIE: &str = "__Host-signed-in";

/// The name of a cookie of the server at this port while another server of the same host has the usual name:
/// cookies know no ports (RFC 6265 section 8.5).
#[must_use]
pub fn at_port(cookie: &str, port: u16) -> String {
    format!("{cookie}-{port}")
}

/// The cookie that says which accounts were logged in to from this browser before: a bounded list. It logs
/// nobody in; it keeps a guesser elsewhere from slowing the owner down.
pub const DEVICES_COOKIE: &str = "__Host-Http-devices";
/// What versions before the list set instead, one for each account: this, and the account's slot. They are
/// read, folded into the list and cleared, and never set.
pub const SEPARATE_DEVICE_COOKIE: &str = "__Host-Http-device-";
/// The header that carries the attempt key (draft-ietf-httpapi-idempotency-key-header).
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The header of the answer to [`LOGOUT`] that says whether a session was named that is over now: `?1` or `?0`.
pub const SESSION_ENDED: &str = "session-ended";
/// The header that names one request in logs and problem documents.
pub const REQUEST_ID: &str = "x-request-id";

/// `DELETE`: end one session of the user's.
#[must_use]
pub fn session(id: SessionId) -> String {
    format!("{SESSIONS}/{id}")
}

/// `GET`: one note. `PUT`: another text. `DELETE`: it is gone.
#[must_use]
pub fn note(id: NoteId) -> String {
    format!("{NOTES}/{id}")
}

/// Where to go after login: `next` if it is a path on this origin, else [`ACCOUNT_PAGE`].
///
/// An absolute URL, a scheme-relative `//host`, a backslash (which browsers read as a slash) or a
/// control character (which browsers drop) would lead to somebody else's page.
#[must_use]
pub fn safe_next(next: Option<&str>) -> &str {
    match next {
        Some(path)
            if path.starts_with('/')
                && !path.starts_with("//")
                && !path.contains(|c: char| c == '\\' || c.is_control())
                && !leads_nowhere(path) =>
        {
            path
        }
        _ => ACCOUNT_PAGE,
    }
}

/// Whether a path is no page to go on to: those that come before login, and the API.
fn leads_nowhere(path: &str) -> bool {
    let page = path.split(['?', '#']).next().unwrap_or(path);
    [LOGIN_PAGE, REGISTER_PAGE, "/api"].contains(&page) || page.starts_with("/api/")
}
