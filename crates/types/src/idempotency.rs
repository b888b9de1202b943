//! The value of the `Idempotency-Key` header (draft-ietf-httpapi-idempotency-key-header), by which a client marks a
//! retry of an earlier request.

/// The name of the header.
pub const HEADER: &str = "idempotency-key";
/// The fewest characters of a key: 128 bits in base64url are 22, 16 is what the contract allows.
pub const MIN_CHARACTERS: usize = 16;
/// The most characters of a key.
pub const MAX_CHARACTERS: usize = 128;

/// The idempotency key in a header value: an opaque text, or the same in the quotes of a structured-field string (RFC
/// 9651 section 3.3.3), which are not part of the key. `None` if it is too short, too long, or not visible ASCII.
#[must_use]
pub fn key_in(value: &str) -> Option<&str> {
    let key = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
    let is_visible = key.bytes().all(|byte| byte.is_ascii_graphic());
    (is_visible && (MIN_CHARACTERS..=MAX_CHARACTERS).contains(&key.len())).then_some(key)
}
