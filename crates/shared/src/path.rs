//! Every path, cookie name and header name that a server and a client both write. It must not hold names that only
//! one side knows. `cargo xtask tidy` checks that router and client use each path through its constant, as far as it
//! is theirs, and that a test requests it.

use crate::{NoteId, SessionId};

/// `POST`: create an account and its first session.
pub const REGISTER: &str = "/api/auth/register";
/// `POST`: exchange email address and password for a session.
pub const LOGIN: &str = "/api/auth/login";
/// `POST`: rotate the refresh token in its cookie, and issue an access token (RFC 6749 section 6).
pub const REFRESH: &str = "/api/auth/refresh";
/// `POST`: revoke the session of the refresh cookie, or of the access token, expired or not.
pub const LOGOUT: &str = "/api/auth/logout";
/// `POST`: a refresh with the password, for step-up authentication (RFC 9470).
pub const CONFIRM: &str = "/api/auth/confirm";
/// `GET`: the user and the session of an access token. `DELETE`: delete the account.
pub const ME: &str = "/api/me";
/// `PUT`: change the password and revoke all other sessions.
pub const PASSWORD: &str = "/api/me/password";
/// `PUT`: change the name.
pub const NAME: &str = "/api/me/name";
/// `GET`: the user's active sessions. `DELETE`: revoke all of them but the caller's. One of them is at [`session`].
pub const SESSIONS: &str = "/api/sessions";
/// `GET`: the user's security events; takes [`BEFORE_PARAMETER`] and [`KIND_PARAMETER`].
pub const EVENTS: &str = "/api/events";

/// Of the notes service. `GET`: the user's notes; takes [`BEFORE_PARAMETER`]. `POST`: add a note. One of them is at
/// [`note`].
pub const NOTES: &str = "/api/notes";

/// `GET`: the JWKS, the public keys of access tokens (RFC 7517 section 5).
pub const JWKS: &str = "/.well-known/jwks.json";
/// `GET`: the authorization server's metadata (RFC 8414).
pub const METADATA: &str = "/.well-known/oauth-authorization-server";
/// `POST`, as a form: token revocation, which revokes the whole session (RFC 7009).
pub const REVOKE: &str = "/api/auth/revoke";
/// `POST`, as a form, by registered services: token introspection (RFC 7662).
pub const INTROSPECT: &str = "/api/auth/introspect";
/// `POST`: log in without cookies, by a native client: exchange email address and password for both tokens.
pub const NATIVE_LOGIN: &str = "/api/native/login";
/// `POST`, as a form, by a native client: the refresh grant (RFC 6749 section 6).
pub const TOKEN: &str = "/api/native/token";
/// The status lists of recently revoked sessions (draft-ietf-oauth-status-list). One of them is at [`status_list`].
pub const STATUS_LISTS: &str = "/status-lists";
/// `GET`: all status lists as one, with the place that a session has in access tokens of version 0.1. Deprecated: it
/// has 16 million places.
pub const WHOLE_STATUS_LIST: &str = "/status-lists/0";
/// `GET`: liveness: 200 while the process answers.
pub const HEALTH_LIVE: &str = "/health/live";
/// `GET`: readiness: 200 while the process can do its work, 503 while its storage fails.
pub const HEALTH_READY: &str = "/health/ready";

/// The home page.
pub const HOME_PAGE: &str = "/";
/// The page that creates an account.
pub const REGISTER_PAGE: &str = "/register";
/// The page that logs in; takes [`NEXT_PARAMETER`].
pub const LOGIN_PAGE: &str = "/login";
/// The account page, for logged-in users.
pub const ACCOUNT_PAGE: &str = "/account";

/// The user's notes, from the notes service.
pub const NOTES_PAGE: &str = "/notes";
/// The user's active sessions.
pub const SESSIONS_PAGE: &str = "/sessions";
/// The user's security activity.
pub const ACTIVITY_PAGE: &str = "/activity";
/// Name, password, and deletion of the account.
pub const SETTINGS_PAGE: &str = "/settings";

/// Query parameter of [`EVENTS`] and [`NOTES`]: only those before the one with this id.
pub const BEFORE_PARAMETER: &str = "before";
/// Query parameter of [`EVENTS`]: only events of these kinds, separated by commas.
pub const KIND_PARAMETER: &str = "kind";
/// Query parameter of [`LOGIN_PAGE`]: the path on this origin to open after login.
pub const NEXT_PARAMETER: &str = "next";

/// The cookie of the refresh token. The prefix `__Host-Http-` makes the browser insist that it was set by a server,
/// for this host alone, over a trustworthy connection (RFC 10025).
pub const REFRESH_COOKIE: &str = "__Host-Http-refresh";
/// A hint for scripts that a refresh cookie probably exists. It is no credential.
pub const SIGNED_IN_COOKIE: &str = "__Host-signed-in";

/// The name of a cookie of the server at this port while another server of the same host has the usual name: cookies
/// are shared across ports (RFC 6265 section 8.5).
#[must_use]
pub fn at_port(cookie: &str, port: u16) -> String {
    format!("{cookie}-{port}")
}

/// The cookie of devices: a bounded list of accounts that have logged in from this browser. It is no login
/// credential; it spares the owner the throttling that an attacker elsewhere causes.
pub const DEVICES_COOKIE: &str = "__Host-Http-devices";
/// The prefix of the cookies, one per account slot, that versions before the list set instead. They are read,
/// migrated into the list and cleared, and never set.
pub const SEPARATE_DEVICE_COOKIE: &str = "__Host-Http-device-";
/// The header of the idempotency key (draft-ietf-httpapi-idempotency-key-header); in the rotation protocol, the
/// attempt key.
pub const IDEMPOTENCY_KEY: &str = types::idempotency::HEADER;
/// A response header of [`LOGOUT`]: whether the call named a session that is now over: `?1` or `?0`.
pub const SESSION_ENDED: &str = "session-ended";
/// The request id, in logs and problem documents.
pub const REQUEST_ID: &str = "x-request-id";

/// `DELETE`: revoke one session of the user.
#[must_use]
pub fn session(id: SessionId) -> String {
    format!("{SESSIONS}/{id}")
}

/// `GET`: one status list, by its number from 1 on.
#[must_use]
pub fn status_list(number: u8) -> String {
    format!("{STATUS_LISTS}/{number}")
}

/// `GET`: one note. `PUT`: replace it. `DELETE`: delete it.
#[must_use]
pub fn note(id: NoteId) -> String {
    format!("{NOTES}/{id}")
}

/// The page to open after login: `next` if it is a path on this origin, else [`ACCOUNT_PAGE`].
///
/// Against open redirects: an absolute URL, a scheme-relative `//host`, a backslash (which browsers read as a slash)
/// or a control character (which browsers drop) would lead to a page of another origin.
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

/// Whether a path is no destination after login: the pages before login, and the API.
fn leads_nowhere(path: &str) -> bool {
    let page = path.split(['?', '#']).next().unwrap_or(path);
    [LOGIN_PAGE, REGISTER_PAGE, "/api"].contains(&page) || page.starts_with("/api/")
}
