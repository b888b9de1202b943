//! Whether two spellings are the same email address, as far as a page can tell: the server has the rules, and shows
//! an address in its canonical spelling. No authentication depends on it.

/// Whether they differ only in letter case, and in whitespace around the typed one.
#[must_use]
pub fn is_one(typed: &str, shown: &str) -> bool {
    typed.trim().to_lowercase() == shown.to_lowercase()
}

/// Whether they may be the same: a domain is written in its own script or in ASCII (RFC 5890 section 2.3.2.1), and a
/// local part in one normalization form or another (RFC 8265 section 3.3).
#[must_use]
pub fn may_be_one(typed: &str, shown: &str) -> bool {
    let (Some(typed), Some(shown)) = (typed.trim().rsplit_once('@'), shown.rsplit_once('@')) else {
        return is_one(typed, shown);
    };
    let local = is_one(typed.0, shown.0) || !(typed.0.is_ascii() || shown.0.is_ascii());
    let domain = is_one(typed.1, shown.1) || !(typed.1.is_ascii() && shown.1.is_ascii());
    local && domain
}
