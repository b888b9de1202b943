//! Idempotent actions: requests that change state. Every copy of a request carries one idempotency key
//! (draft-ietf-httpapi-idempotency-key-header), so one click has one effect, however often the request arrives. A
//! digest tells an action from others of its kind.

use crate::transport::Request;

/// Name of a login.
pub const LOGIN: &str = "login";
/// Name of a registration.
pub const REGISTER: &str = "register";
/// Name of a registration that cannot use the idempotency key of the first one.
pub const REGISTER_AGAIN: &str = "register:again";

/// Separates the parts of a text: no UTF-8 text has this byte.
const SEPARATOR: u8 = 0xFF;

/// A request that changes state.
pub struct Action {
    name: String,
    request: Request,
    /// Tells this action from others of its name; `None` if each click is an action of its own.
    content: Option<Vec<String>>,
}

impl Action {
    /// An action whose identity is the whole request. The body must hold no password.
    #[must_use]
    pub fn new(name: impl Into<String>, request: Request) -> Self {
        let version = request.if_match.clone().unwrap_or_default();
        let body = request.json.clone().unwrap_or_default();
        let content = vec![request.method.to_string(), request.path.to_string(), version, body];
        Self { name: name.into(), request, content: Some(content) }
    }

    /// A login or a registration: the same action for the same email address. Its digest covers neither the password,
    /// because a digest of a password can be guessed, nor the name, because a user who corrects the name means the
    /// account that an earlier try may have created.
    #[must_use]
    pub fn sign_in(name: impl Into<String>, request: Request, email: &str) -> Self {
        let content = vec![email.trim().to_lowercase()];
        Self { name: name.into(), request, content: Some(content) }
    }

    /// An action without an identity, such as a logout that names no session: only the retries of one click share a
    /// key.
    #[must_use]
    pub fn of_one_click(name: impl Into<String>, request: Request) -> Self {
        Self { name: name.into(), request, content: None }
    }

    /// Whether the digest covers the whole request, so that a validation error of one copy holds for every retry.
    #[must_use]
    pub fn digest_covers_request(&self) -> bool {
        !begins_a_session(&self.name)
    }

    /// The kind of action. At most one of each kind is pending.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The request with this idempotency key.
    #[must_use]
    pub fn keyed(&self, key: &str) -> Request {
        Request { attempt_key: Some(key.to_owned()), ..self.request.clone() }
    }

    /// Digest of the action's content, salted with the key: 64 bits in hexadecimal. `None` if no later click may
    /// resume it.
    #[must_use]
    pub fn digest(&self, key: &str) -> Option<String> {
        let content = self.content.as_ref()?;
        let parts = std::iter::once(key).chain(content.iter().map(String::as_str));
        let bytes = parts.flat_map(|part| part.bytes().chain([SEPARATOR]));
        Some(format!("{:016x}", fnv1a(bytes)))
    }
}

/// Whether an action of this name begins a session, and so does not belong to one.
#[must_use]
pub fn begins_a_session(name: &str) -> bool {
    matches!(name, LOGIN | REGISTER | REGISTER_AGAIN)
}

/// FNV-1a of 64 bits: stable from release to release. If two actions share a digest, the server refuses the
/// idempotency key (422), and no data is lost.
fn fnv1a(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
