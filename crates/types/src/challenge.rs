//! `WWW-Authenticate` challenges of the Bearer scheme (RFC 6750 section 3, RFC 9470), which a 401 MUST carry (RFC
//! 9110 section 15.5.2).

/// The access token is invalid.
pub const INVALID_TOKEN: &str = "Bearer error=\"invalid_token\"";

/// The access token does not allow the call.
pub const INSUFFICIENT_SCOPE: &str = "Bearer error=\"insufficient_scope\"";

/// No token was presented, so none is wrong (RFC 6750 section 3.1); but the scheme MUST be followed by a parameter
/// (section 3). `realm` needs no escapes in a quoted-string (RFC 9110 section 5.6.4).
#[must_use]
pub fn no_token(realm: &str) -> String {
    format!("Bearer realm=\"{realm}\"")
}

/// A login within the last `max_age` seconds is required (RFC 9470 section 3).
#[must_use]
pub fn step_up(max_age: i64) -> String {
    format!(
        "Bearer error=\"insufficient_user_authentication\", \
         error_description=\"A more recent authentication is required\", max_age=\"{max_age}\""
    )
}
