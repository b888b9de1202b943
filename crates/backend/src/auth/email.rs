//! Email addresses (RFC 5321 section 4.1.2, RFC 6531 section 3.3): what accounts are found by, and which
//! addresses a new account may have. It must not check whether mail arrives there.

use std::net::IpAddr;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

use super::text::{Flaw, Joiners, flaw};

/// An email address, trimmed and in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

/// RFC 5321 section 4.5.3.1.3: a path has at most 256 octets, two of them its angle brackets.
const MAX_BYTES: usize = 254;
/// RFC 5321 section 4.5.3.1.1.
const MAX_LOCAL_BYTES: usize = 64;
/// What an atom holds beside letters and digits (RFC 5322 section 3.2.3).
const ATEXT: &str = "!#$%&'*+-/=?^_`{|}~";

/// Why a new account may not have an address. The text is for the person who typed it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Nothing was typed.
    #[error("Enter your email address.")]
    Missing,
    /// There is no @ with something on either side.
    #[error("This is not an email address: it looks like name@example.com.")]
    Shape,
    /// More octets than a path has.
    #[error("This address is too long for mail: it has at most {MAX_BYTES} bytes.")]
    TooLong,
    /// More octets than a local part has.
    #[error("The part before the @ is too long for mail: it has at most {MAX_LOCAL_BYTES} bytes.")]
    LocalPartTooLong,
    /// White space.
    #[error("An email address has no spaces.")]
    Space,
    /// An invisible character.
    #[error(
        "An email address has no invisible characters: remove number {position} (U+{:04X}).",
        u32::from(*character)
    )]
    Invisible {
        /// Which.
        character: char,
        /// Its place, counted from 1.
        position: usize,
    },
    /// Combining marks without a letter, or more of them than one can bear.
    #[error("An accent stands upon a letter, and no letter has more than four.")]
    Marks,
    /// A dot at an end of the local part, or two in a row.
    #[error("Before the @ a dot stands between two other characters.")]
    Dots,
    /// Not a character of an atom.
    #[error("Before the @ there can be no “{0}”.")]
    LocalCharacter(char),
    /// An address literal, or a number in the place of a top-level domain.
    #[error("After the @ stands a domain, such as example.com, and no IP address.")]
    IpAddress,
    /// No domain name.
    #[error("The part after the @ is no domain that mail is sent to: it looks like example.com.")]
    Domain,
    /// Another spelling of a domain name.
    #[error("Write the part after the @ as “{0}”.")]
    DomainSpelling(String),
}

impl AddressError {
    /// Which rule it is, for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing => "required",
            Self::TooLong | Self::LocalPartTooLong => "too_long",
            _ => "invalid",
        }
    }
}

impl Email {
    /// Reads an address to look an account up by: lenient, because it must find every account that an
    /// earlier and laxer rule let in. `None` if no account can have it.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let email = typed.trim().to_lowercase();
        let (local, domain) = email.rsplit_once('@')?;
        let is_whole = !local.is_empty() && !domain.is_empty() && email.len() <= MAX_BYTES;
        let is_line = !email.contains(|c: char| c.is_whitespace() || c.is_control());
        (is_whole && is_line).then_some(Self(email))
    }

    /// Reads the address of a new account: one that a mail system could take.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn parse_new(typed: &str) -> Result<Self, AddressError> {
        let email = typed.trim().to_lowercase();
        if email.is_empty() {
            return Err(AddressError::Missing);
        }
        if email.len() > MAX_BYTES {
            return Err(AddressError::TooLong);
        }
        check_text(&email)?;
        let (local, domain) = email.rsplit_once('@').ok_or(AddressError::Shape)?;
        if local.is_empty() || domain.is_empty() || local.contains('@') {
            return Err(AddressError::Shape);
        }
        check_local_part(local)?;
        check_domain(domain)?;
        Ok(Self(email))
    }

    pub(crate) const fn from_stored(email: String) -> Self {
        Self(email)
    }

    /// The address as accounts are found by it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Two addresses that look the same shall be the same: no joiner has a reason here.
fn check_text(email: &str) -> Result<(), AddressError> {
    match flaw(email, Joiners::Refused) {
        Some(Flaw::Invisible { character, .. }) if character.is_whitespace() => {
            Err(AddressError::Space)
        }
        Some(Flaw::Invisible { character, position }) => {
            Err(AddressError::Invisible { character, position })
        }
        Some(Flaw::LeadingMark | Flaw::TooManyMarks) => Err(AddressError::Marks),
        None if email.contains(char::is_whitespace) => Err(AddressError::Space),
        None => Ok(()),
    }
}

/// A Dot-string. Quoted strings are left out, as RFC 5321 section 4.1.2 asks of a host that expects to
/// receive mail.
fn check_local_part(local: &str) -> Result<(), AddressError> {
    let is_atext = |c: char| c.is_ascii_alphanumeric() || !c.is_ascii() || ATEXT.contains(c);
    if local.split('.').any(str::is_empty) {
        return Err(AddressError::Dots);
    }
    if let Some(other) = local.chars().find(|&c| c != '.' && !is_atext(c)) {
        return Err(AddressError::LocalCharacter(other));
    }
    if local.len() > MAX_LOCAL_BYTES { Err(AddressError::LocalPartTooLong) } else { Ok(()) }
}

/// A fully qualified domain name of A-labels or U-labels (RFC 5890 section 2.3.2.1): each of 1 to 63 octets,
/// none with a hyphen at an end, 253 octets together.
fn check_domain(domain: &str) -> Result<(), AddressError> {
    if domain.starts_with('[') || domain.parse::<IpAddr>().is_ok() {
        return Err(AddressError::IpAddress);
    }
    let (uts46, hyphens) = (Uts46::new(), Hyphens::CheckFirstLast);
    let ascii = uts46
        .to_ascii(domain.as_bytes(), AsciiDenyList::STD3, hyphens, DnsLength::Verify)
        .map_err(|_| AddressError::Domain)?;
    let (_, top) = ascii.rsplit_once('.').ok_or(AddressError::Domain)?;
    // RFC 3696 section 2: no top-level domain is a number, so that none can be taken for an address.
    if top.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(AddressError::IpAddress);
    }
    // A spelling that UTS 46 would have to map, such as full-width letters, is no U-label.
    let (spelt, _) = uts46.to_unicode(domain.as_bytes(), AsciiDenyList::STD3, hyphens);
    if domain.is_ascii() || spelt == domain {
        Ok(())
    } else {
        Err(AddressError::DomainSpelling(spelt.into_owned()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refused(typed: &str) -> AddressError {
        Email::parse_new(typed).expect_err(typed)
    }

    #[test]
    fn letter_case_and_space_around_do_not_count() {
        assert_eq!(Email::parse(" Alice@Example.COM\n"), Email::parse("alice@example.com"));
        assert_eq!(
            Email::parse_new(" Alice@Example.COM\n").ok(),
            Email::parse("alice@example.com")
        );
    }

    #[test]
    fn what_mail_systems_take_is_taken() {
        let longest_label = format!("a@{}.com", "b".repeat(63));
        let longest_local = format!("{}@example.com", "a".repeat(64));
        for good in [
            "a@b.co",
            "first.last+tag@sub.example.com",
            "!#$%&'*+-/=?^_`{|}~@example.com",
            "o'brien@example.co.uk",
            "x@1.example",
            "x@3com.com",
            "x@a--b.com",
            "x@xn--bcher-kva.example",
            "x@bücher.example",
            "用户@例子.广告",
            "ĳsbrand@例え.jp",
            &longest_label,
            &longest_local,
        ] {
            assert!(Email::parse_new(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn what_no_mail_system_takes_is_refused_with_the_reason() {
        use AddressError as E;
        for (typed, why) in [
            ("", E::Missing),
            (" \n", E::Missing),
            ("alice", E::Shape),
            ("@example.com", E::Shape),
            ("alice@", E::Shape),
            ("a@b@example.com", E::Shape),
            ("a b@example.com", E::Space),
            ("a\u{3000}b@example.com", E::Space),
            ("a\r\nb@example.com", E::Space),
            ("a\u{202e}b@example.com", E::Invisible { character: '\u{202e}', position: 2 }),
            ("a\u{3164}@example.com", E::Invisible { character: '\u{3164}', position: 2 }),
            ("علی\u{200c}رضا@example.com", E::Invisible { character: '\u{200c}', position: 4 }),
            ("a@ex\u{ad}ample.com", E::Invisible { character: '\u{ad}', position: 5 }),
            ("\u{301}a@example.com", E::Marks),
            (".a@example.com", E::Dots),
            ("a.@example.com", E::Dots),
            ("a..b@example.com", E::Dots),
            ("\"a b\"@example.com", E::Space),
            ("\"ab\"@example.com", E::LocalCharacter('"')),
            ("a(b)@example.com", E::LocalCharacter('(')),
            ("a,b@example.com", E::LocalCharacter(',')),
            ("<a@example.com", E::LocalCharacter('<')),
            ("a@localhost", E::Domain),
            ("a@.com", E::Domain),
            ("a@b..com", E::Domain),
            ("a@example.com.", E::Domain),
            ("a@-example.com", E::Domain),
            ("a@example-.com", E::Domain),
            ("a@exam_ple.com", E::Domain),
            ("a@exam/ple.com", E::Domain),
            ("a@xn--a.com", E::Domain),
            ("a@a\u{301}-.com", E::Domain),
            ("a@127.0.0.1", E::IpAddress),
            ("a@[127.0.0.1]", E::IpAddress),
            ("a@[ipv6:::1]", E::IpAddress),
            ("a@::1", E::IpAddress),
            ("a@example.123", E::IpAddress),
            ("a@ｅxample.com", E::DomainSpelling("example.com".to_owned())),
            ("a@例え。jp", E::DomainSpelling("例え.jp".to_owned())),
            ("a@bu\u{308}cher.example", E::DomainSpelling("bücher.example".to_owned())),
        ] {
            assert_eq!(refused(typed), why, "{typed:?}");
        }
    }

    #[test]
    fn lengths_are_counted_in_octets() {
        use AddressError as E;
        let label = |length: usize| "b".repeat(length);
        assert_eq!(refused(&format!("{}@example.com", label(65))), E::LocalPartTooLong);
        assert_eq!(refused(&format!("{}@example.com", "é".repeat(33))), E::LocalPartTooLong);
        assert_eq!(refused(&format!("a@{}.com", label(64))), E::Domain);
        // As an A-label it has 64.
        assert_eq!(refused(&format!("a@{}.com", "ü".repeat(60))), E::Domain);
        let domain = |last: usize| format!("{0}.{0}.{0}.{1}", label(62), label(last));
        assert!(Email::parse_new(&format!("aa@{}", domain(62))).is_ok(), "254 octets");
        assert_eq!(refused(&format!("aaa@{}", domain(62))), E::TooLong);
        // As A-labels it has more than 253.
        assert_eq!(refused(&format!("a@{}com", "ü.".repeat(40))), E::Domain);
    }

    /// Accounts that an earlier rule let in are found, under the very address that they have.
    #[test]
    fn an_address_that_no_new_account_may_have_is_still_looked_up() {
        let long = format!("{}@example.com", "a".repeat(242));
        for old in ["a..b@example.com", "(a)@-example.com", "a\u{3164}@b.c", "a@127.0.0.1", &long] {
            assert!(Email::parse_new(old).is_err(), "{old}");
            assert_eq!(Email::parse(old).expect("an address").as_str(), old);
        }
        for none in
            ["", "alice", "@example.com", "alice@", "a b@c.d", "a\0b@c.d", &format!("a{long}")]
        {
            assert_eq!(Email::parse(none), None, "{none:?}");
        }
    }

    fn local_part() -> impl Strategy<Value = String> {
        prop::collection::vec("[a-z0-9!#$%&'*+/=?^_`{|}~é王я-]{1,10}", 1..4)
            .prop_map(|atoms| atoms.join("."))
            .prop_filter("64 octets", |local| local.len() <= MAX_LOCAL_BYTES)
    }

    fn domain() -> impl Strategy<Value = String> {
        let label = "[a-z0-9]([a-z0-9]{0,20}[a-z0-9])?";
        (prop::collection::vec(label, 1..4), "[a-z]{2,10}")
            .prop_map(|(labels, top)| format!("{}.{top}", labels.join(".")))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn an_address_of_atoms_and_labels_is_taken_and_found(
            local in local_part(),
            domain in domain(),
        ) {
            let typed = format!("{local}@{domain}");
            let email = Email::parse_new(&typed);
            prop_assert_eq!(email.as_ref().map(Email::as_str), Ok(typed.as_str()));
            prop_assert_eq!(email.ok(), Email::parse(&typed));
        }

        #[test]
        fn one_wrong_character_spoils_any_address(
            local in local_part(),
            domain in domain(),
            at in any::<prop::sample::Index>(),
            wrong in prop::sample::select(&[
                ' ', '\n', '"', '(', ')', ',', ':', ';', '<', '>', '[', ']', '\\', '@', '\u{a0}', '\u{ad}',
                '\u{200b}', '\u{200c}', '\u{200d}', '\u{202e}', '\u{2800}', '\u{3164}', '\u{feff}',
                '\u{e0041}',
            ][..]),
        ) {
            let mut characters: Vec<char> = format!("{local}@{domain}").chars().collect();
            // Space around an address does not count.
            characters.insert(1 + at.index(characters.len() - 1), wrong);
            let typed: String = characters.into_iter().collect();
            prop_assert!(Email::parse_new(&typed).is_err(), "{:?}", typed);
        }

        #[test]
        fn what_a_new_account_may_have_is_an_address(typed in ".{0,80}@.{0,80}") {
            let Ok(email) = Email::parse_new(&typed) else { return Ok(()) };
            let (local, domain) = email.as_str().rsplit_once('@').expect("an @");
            prop_assert!((1..=64).contains(&local.len()) && email.as_str().len() <= 254);
            prop_assert!(local.split('.').all(|atom| !atom.is_empty()), "{}", local);
            prop_assert!(domain.contains('.'), "{}", domain);
            for label in domain.split('.') {
                let is_plain = !label.starts_with('-') && !label.ends_with('-');
                prop_assert!(is_plain && !label.is_empty(), "{}", domain);
            }
            prop_assert_eq!(Some(email), Email::parse(&typed));
        }
    }
}
