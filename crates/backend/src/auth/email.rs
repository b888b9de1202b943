//! An email address in its canonical form: what accounts are found by. It must not check whether
//! mail arrives there.

use super::text::deceives;

/// An email address, trimmed and in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

/// RFC 5321 section 4.5.3.1.3: a path has at most 256 octets, two of them its angle brackets.
const MAX_BYTES: usize = 254;

impl Email {
    /// Reads what a person typed. `None` if it cannot be an email address.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let email = typed.trim().to_lowercase();
        let (local, domain) = email.rsplit_once('@')?;
        let plausible = !local.is_empty()
            && !local.contains('@')
            && domain.contains('.')
            && domain.split('.').all(|label| !label.is_empty())
            && email.len() <= MAX_BYTES
            && !email.contains(|c: char| {
                c.is_whitespace() || c == '\u{200c}' || c == '\u{200d}' || deceives(c)
            });
        plausible.then_some(Self(email))
    }

    pub(crate) const fn from_stored(email: String) -> Self {
        Self(email)
    }

    /// The canonical form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Email;

    #[test]
    fn letter_case_and_space_around_do_not_count() {
        assert_eq!(Email::parse(" Alice@Example.COM\n"), Email::parse("alice@example.com"));
    }

    #[test]
    fn what_cannot_be_an_address_is_refused() {
        for bad in [
            "",
            "alice",
            "@example.com",
            "alice@",
            "alice@localhost",
            "a b@example.com",
            "a@b@example.com",
            "a@.com",
            "a@b..com",
            "a\r\nb@example.com",
        ] {
            assert_eq!(Email::parse(bad), None, "{bad:?}");
        }
        assert!(Email::parse(&format!("{}@example.com", "a".repeat(242))).is_some());
        assert!(Email::parse(&format!("{}@example.com", "a".repeat(243))).is_none());
    }
}
