//! Problem types (RFC 9457): status, code and title of the problems that any service with bearer tokens answers.
//! Which failure is which problem is the table of each service.

/// The media type of a problem document (RFC 9457 section 3).
pub const PROBLEM_JSON: &str = "application/problem+json";
/// What stands before the code in the `type` URI (RFC 9457 section 3.1.1), where a service has no URIs of its own.
pub const TYPE_PREFIX: &str = "urn:baton:problem:";

/// A problem type (RFC 9457 section 4): what all problems of one kind have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProblemType {
    /// The HTTP status.
    pub status: u16,
    /// The kind of problem, for programs.
    pub code: &'static str,
    /// A sentence for people.
    pub title: &'static str,
}

impl ProblemType {
    /// The request is malformed.
    pub const MALFORMED_REQUEST: Self =
        Self::new(400, "malformed_request", "The request cannot be read.");
    /// The access token is missing, expired, forged or of a revoked session.
    pub const INVALID_TOKEN: Self =
        Self::new(401, "invalid_token", "The access token is missing or does not hold.");
    /// Step-up authentication is required (RFC 9470).
    pub const INSUFFICIENT_USER_AUTHENTICATION: Self =
        Self::new(401, "insufficient_user_authentication", "Give your password again to go on.");
    /// The access token does not allow the call.
    pub const INSUFFICIENT_SCOPE: Self =
        Self::new(403, "insufficient_scope", "The access token does not allow this call.");
    /// A fault of the server, confined to one request.
    pub const INTERNAL_ERROR: Self =
        Self::new(500, "internal_error", "Something broke on our side.");
    /// A dependency of the server failed; a retry is worthwhile.
    pub const TEMPORARILY_UNAVAILABLE: Self = Self::new(
        503,
        "temporarily_unavailable",
        "This does not work right now. Try again in a moment.",
    );

    /// A problem type of a service's own.
    #[must_use]
    pub const fn new(status: u16, code: &'static str, title: &'static str) -> Self {
        Self { status, code, title }
    }
}
