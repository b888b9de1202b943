//! An action: a request that changes something. All copies of it carry one idempotency key
//! (draft-ietf-httpapi-idempotency-key-header), so that one click has one effect, however often the request arrives. What tells
//! one action from another of its kind is kept as a digest. It must not store or send anything.

use crate::transport::Request;

/// The name of a login.
pub const LOGIN: &str = "login";
/// The name of a registration.
pub const REGISTER: &str = "register";
/// The name of a registration for which the key of the first one is of no use.
pub const REGISTER_AGAIN: &str = "register:again";

/// Stands between parts of a text, and in none of them: UTF-8 has no such byte.
const SEPARATOR: u8 = 0xFF;

/// A request that changes something.
pub struct Action {
    name: String,
    request: Request,
    /// What tells it from another action of this name; `None` if each click is an action of its own.
    content: Option<Vec<String>>,
}

impl Action {
    /// An action that is the same if all of its request is. Its body must hold no password.
    #[must_use]
    pub fn new(name: impl Into<String>, request: Request) -> Self {
        let version = request.if_match.clone().unwrap_or_default();
        let body = request.json.clone().unwrap_or_default();
        let content = vec![request.method.to_string(), request.path.to_string(), version, body];
        Self { name: name.into(), request, content: Some(content) }
    }

    /// A login or a registration: the same if the email address is. The password is no part of it, because a digest of a
    /// password can be guessed; nor is the name, because who corrects it means the account that an earlier try may have made.
    #[must_use]
    pub fn sign_in(name: impl Into<String>, request: Request, email: &str) -> Self {
        let content = vec![email.trim().to_lowercase()];
        Self { name: name.into(), request, content: Some(content) }
    }

    /// An action that does not say what it is about, such as a logout that names no session: only copies from one click
    /// are the same.
    #[must_use]
    pub fn of_one_click(name: impl Into<String>, request: Request) -> Self {
        Self { name: name.into(), request, content: None }
    }

    /// Whether all of its request is told apart, so that what the server finds wrong with one copy is wrong with each.
    #[must_use]
    pub fn digest_covers_request(&self) -> bool {
        !begins_a_session(&self.name)
    }

    /// What kind of action it is. Of each kind one is pending at most.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The request with this key.
    #[must_use]
    pub fn keyed(&self, key: &str) -> Request {
        Request { attempt_key: Some(key.to_owned()), ..self.request.clone() }
    }

    /// A digest of what the action says, salted with the key: 64 bits in hexadecimal. `None` if it is not to be known again.
    #[must_use]
    pub fn digest(&self, key: &str) -> Option<String> {
        let content = self.content.as_ref()?;
        let parts = std::iter::once(key).chain(content.iter().map(String::as_str));
        let bytes = parts.flat_map(|part| part.bytes().chain([SEPARATOR]));
        Some(format!("{:016x}", fnv1a(bytes)))
    }
}

/// Whether an action of this name begins a session, and so is no part of one.
#[must_use]
pub fn begins_a_session(name: &str) -> bool {
    matches!(name, LOGIN | REGISTER | REGISTER_AGAIN)
}

/// FNV-1a of 64 bits, which stays the same from release to release. If two actions share a digest, the server refuses the key
/// (422), and nothing is lost.
fn fnv1a(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
