//! Options of refusals: the realm of the challenge (RFC 6750 section 3), the type URIs of problem documents (RFC 9457
//! section 3.1.1). Status, code and challenge are no options: clients depend on them.

use std::borrow::Cow;

use types::problem::TYPE_PREFIX;

/// The defaults are Baton's.
#[derive(Debug, Clone)]
pub(super) struct ResponseOptions {
    pub(super) realm: Cow<'static, str>,
    /// What stands before the code in a problem's `type`.
    pub(super) problem_types: Cow<'static, str>,
}

impl Default for ResponseOptions {
    fn default() -> Self {
        Self { realm: Cow::Borrowed("baton"), problem_types: Cow::Borrowed(TYPE_PREFIX) }
    }
}

/// Whether `realm` needs no escapes in a quoted-string (RFC 9110 section 5.6.4).
pub(super) fn is_realm(realm: &str) -> bool {
    realm.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic() && !b"\"\\".contains(&byte))
}
