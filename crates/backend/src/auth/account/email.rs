//! Email addresses (RFC 5321 section 4.1.2, RFC 6531 section 3.3): the canonical form that accounts are looked up by,
//! and which addresses a new account may have. Baton sends no mail to verify one.

use std::net::IpAddr;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use unicode_normalization::UnicodeNormalization as _;

use super::text::{Flaw, Joiners, flaw};

/// An email address: canonical, so that all spellings of an address are equal, or as an earlier version stored it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

/// RFC 5321 section 4.5.3.1.3: a path has at most 256 octets, two of them its angle brackets.
const MAX_BYTES: usize = 254;
/// A domain typed in its own script has more octets than its A-labels.
const MAX_TYPED_BYTES: usize = 1_024;
/// RFC 5321 section 4.5.3.1.1.
const MAX_LOCAL_BYTES: usize = 64;
/// The characters of an atom beside letters and digits (RFC 5322 section 3.2.3).
const ATEXT: &str = "!#$%&'*+-/=?^_`{|}~";

/// Why a new account may not have an address. The text is for the user who typed it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The field is empty.
    #[error("Enter your email address.")]
    Missing,
    /// No @ with text on either side.
    #[error("This is not an email address: it looks like name@example.com.")]
    Shape,
    /// More octets than a path may have.
    #[error("This address is too long for mail: it has at most {MAX_BYTES} bytes.")]
    TooLong,
    /// More octets than a local part may have.
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
        /// The character.
        character: char,
        /// Its place, counted from 1.
        position: usize,
    },
    /// Combining marks without a letter, or too many for one.
    #[error("An accent stands on a letter, and no letter has more than four.")]
    Marks,
    /// A dot at an end of the local part, or two in a row.
    #[error("Before the @ a dot stands between two other characters.")]
    Dots,
    /// A character that an atom may not have.
    #[error("Before the @ there can be no “{0}”.")]
    LocalCharacter(char),
    /// An address literal, or a number as top-level domain.
    #[error("After the @ stands a domain, such as example.com, and no IP address.")]
    IpAddress,
    /// Not a domain name.
    #[error("The part after the @ is no domain that mail is sent to: it looks like example.com.")]
    Domain,
}

impl AddressError {
    /// The rule's code, for programs.
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
    /// Parses an address for a look-up, into the canonical form: lenient, because it must find every account that an
    /// earlier, laxer rule accepted. `None` if no account can have it.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let typed = in_lower_case(typed)?;
        let email = canonical(&typed);
        (typed.len().min(email.len()) <= MAX_BYTES).then_some(Self(email))
    }

    /// The address as typed but for letter case, if that is not its canonical form: earlier versions stored it so,
    /// and an account may still have it (see [`spelling`](super::spelling)).
    #[must_use]
    pub fn as_typed(typed: &str) -> Option<Self> {
        let typed = in_lower_case(typed)?;
        (typed.len() <= MAX_BYTES && canonical(&typed) != typed).then_some(Self(typed))
    }

    /// Parses the address of a new account into the canonical form: only addresses that a mail system could accept.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn parse_new(typed: &str) -> Result<Self, AddressError> {
        let typed = typed.trim().to_lowercase();
        if typed.is_empty() {
            return Err(AddressError::Missing);
        }
        if typed.len() > MAX_TYPED_BYTES {
            return Err(AddressError::TooLong);
        }
        check_text(&typed)?;
        let (local, domain) = typed.rsplit_once('@').ok_or(AddressError::Shape)?;
        if local.is_empty() || domain.is_empty() || local.contains('@') {
            return Err(AddressError::Shape);
        }
        let email = canonical(&typed);
        let (local, _) = email.rsplit_once('@').ok_or(AddressError::Shape)?;
        check_local_part(local)?;
        check_domain(domain)?;
        if email.len() > MAX_BYTES { Err(AddressError::TooLong) } else { Ok(Self(email)) }
    }

    pub(crate) const fn from_stored(email: String) -> Self {
        Self(email)
    }

    /// The address that accounts are looked up by.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the canonical form.
    #[must_use]
    pub fn is_canonical(&self) -> bool {
        canonical(&self.0) == self.0
    }

    /// The canonical form of an address that an earlier version stored.
    #[must_use]
    pub fn to_canonical(&self) -> Self {
        Self(canonical(&self.0))
    }

    /// The address for display: with the domain in its own script (U-labels).
    #[must_use]
    pub fn shown(&self) -> String {
        let Some((local, domain)) = self.0.rsplit_once('@') else { return self.0.clone() };
        match Uts46::new().to_unicode(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::Allow) {
            (domain, Ok(())) => format!("{local}@{domain}"),
            (_, Err(_)) => self.0.clone(),
        }
    }
}

/// A trimmed address in lower case. `None` if no account can have it.
fn in_lower_case(typed: &str) -> Option<String> {
    let address = typed.trim().to_lowercase();
    let (local, domain) = address.rsplit_once('@')?;
    let is_whole = !local.is_empty() && !domain.is_empty() && address.len() <= MAX_TYPED_BYTES;
    let is_line = !address.contains(|c: char| c.is_whitespace() || c.is_control());
    (is_whole && is_line).then_some(address)
}

/// The canonical form: the local part in lower case and in Normalization Form C, as the username profile of PRECIS
/// has it (RFC 8265 section 3.3); the domain as A-labels by Unicode Technical Standard 46, which is what browsers
/// send and what the DNS holds. A domain that UTS 46 refuses is treated like a local part.
fn canonical(address: &str) -> String {
    let composed =
        |part: &str| part.nfc().collect::<String>().to_lowercase().nfc().collect::<String>();
    let Some((local, domain)) = address.rsplit_once('@') else { return composed(address) };
    let (deny, hyphens, length) = (AsciiDenyList::STD3, Hyphens::Allow, DnsLength::Ignore);
    let domain = match Uts46::new().to_ascii(domain.as_bytes(), deny, hyphens, length) {
        Ok(domain) => domain.into_owned(),
        Err(_) => composed(domain),
    };
    format!("{}@{domain}", composed(local))
}

/// Two addresses that look the same must be the same: a joiner is never needed here.
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

/// A Dot-string. Quoted strings are refused, as RFC 5321 section 4.1.2 asks of a host that expects to receive mail.
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

/// A fully qualified domain name of A-labels or U-labels (RFC 5890 section 2.3.2.1): each of 1 to 63 octets, none
/// with a hyphen at an end, 253 octets together.
fn check_domain(domain: &str) -> Result<(), AddressError> {
    if domain.starts_with('[') || domain.parse::<IpAddr>().is_ok() {
        return Err(AddressError::IpAddress);
    }
    let (deny, hyphens) = (AsciiDenyList::STD3, Hyphens::CheckFirstLast);
    let ascii = Uts46::new().to_ascii(domain.as_bytes(), deny, hyphens, DnsLength::Verify);
    let ascii = ascii.map_err(|_| AddressError::Domain)?;
    let (_, top) = ascii.rsplit_once('.').ok_or(AddressError::Domain)?;
    // RFC 3696 section 2: no top-level domain is a number, so no domain can be mistaken for an IP address.
    if top.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(AddressError::IpAddress);
    }
    Ok(())
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
            ("a@１２７.0.0.1", E::IpAddress),
        ] {
            assert_eq!(refused(typed), why, "{typed:?}");
        }
    }

    /// Each row is one address.
    const SPELLINGS: [&[&str]; 6] = [
        &[
            "zoe\u{308}@example.com",
            "zo\u{eb}@example.com",
            "ZO\u{cb}@EXAMPLE.com",
            " ZOE\u{308}@example.com",
        ],
        &[
            "x@xn--bcher-kva.example",
            "x@b\u{fc}cher.example",
            "x@bu\u{308}cher.example",
            "X@B\u{dc}CHER.example",
            "x@XN--BCHER-KVA.example",
            "x@b\u{fc}cher\u{3002}example",
        ],
        &["a@example.com", "a@ｅxample.com", "A@ＥＸＡＭＰＬＥ．ＣＯＭ"],
        &["한@example.com", "\u{1112}\u{1161}\u{11ab}@example.com"],
        &["\u{1f0}@example.com", "J\u{30c}@example.com"],
        &["x@stra\u{df}e.example", "x@xn--strae-oqa.example", "x@STRA\u{1e9e}E.example"],
    ];

    #[test]
    fn all_spellings_of_an_address_are_one() {
        for spellings in SPELLINGS {
            let new = spellings.iter().map(|typed| Email::parse_new(typed).expect(typed));
            let new: Vec<Email> = new.collect();
            assert!(new.windows(2).all(|pair| pair[0] == pair[1]), "{new:?}");
            for typed in spellings {
                assert_eq!(Email::parse(typed).as_ref(), Some(&new[0]), "{typed}");
                assert_eq!(Email::parse(typed).map(|email| email.shown()), Some(new[0].shown()));
            }
        }
        // Two letters that UTS 46 did not distinguish before 2010.
        assert_ne!(Email::parse("x@stra\u{df}e.example"), Email::parse("x@strasse.example"));
        // Before the @, only canonically equivalent text is the same.
        assert_ne!(Email::parse("ａ@example.com"), Email::parse("a@example.com"));
    }

    #[test]
    fn an_address_is_stored_as_a_labels_and_shown_as_u_labels() {
        let email = Email::parse_new("zoe\u{308}@bu\u{308}cher.example").expect("an address");
        assert_eq!(email.as_str(), "zo\u{eb}@xn--bcher-kva.example");
        assert_eq!(email.shown(), "zo\u{eb}@b\u{fc}cher.example");
        for plain in ["a@example.com", "(a)@-example.com", "a@xn--a.com", "a@127.0.0.1"] {
            assert_eq!(Email::parse(plain).expect("an address").shown(), plain);
        }
    }

    #[test]
    fn what_was_typed_is_kept_only_if_it_is_another_spelling() {
        let typed = |typed| Email::as_typed(typed).map(|email| email.as_str().to_owned());
        assert_eq!(typed("Alice@Example.com"), None);
        assert_eq!(typed("x@xn--bcher-kva.example"), None);
        assert_eq!(typed("no address"), None);
        assert_eq!(typed(" X@B\u{dc}CHER.example"), Some("x@b\u{fc}cher.example".to_owned()));
        let old = Email::as_typed("x@b\u{fc}cher.example").expect("another spelling");
        assert!(!old.is_canonical() && old.to_canonical().is_canonical());
        assert_eq!(Some(old.to_canonical()), Email::parse("x@xn--bcher-kva.example"));
    }

    #[test]
    fn lengths_are_counted_in_octets() {
        use AddressError as E;
        let label = |length: usize| "b".repeat(length);
        assert_eq!(refused(&format!("{}@example.com", label(65))), E::LocalPartTooLong);
        assert_eq!(refused(&format!("{}@example.com", "é".repeat(33))), E::LocalPartTooLong);
        assert_eq!(refused(&format!("a@{}.com", label(64))), E::Domain);
        // 64 octets as an A-label.
        assert_eq!(refused(&format!("a@{}.com", "ü".repeat(60))), E::Domain);
        let domain = |last: usize| format!("{0}.{0}.{0}.{1}", label(62), label(last));
        assert!(Email::parse_new(&format!("aa@{}", domain(62))).is_ok(), "254 octets");
        assert_eq!(refused(&format!("aaa@{}", domain(62))), E::TooLong);
        // More than 253 octets as A-labels.
        assert_eq!(refused(&format!("a@{}com", "ü.".repeat(40))), E::Domain);
    }

    /// Accounts that an earlier rule accepted are found, under their unchanged address.
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
            // Space around an address is trimmed.
            characters.insert(1 + at.index(characters.len() - 1), wrong);
            let typed: String = characters.into_iter().collect();
            prop_assert!(Email::parse_new(&typed).is_err(), "{:?}", typed);
        }

        /// Any address that an earlier version stored has one canonical form, and an ASCII address is in it already.
        #[test]
        fn there_is_one_canonical_form(typed in "\\PC{1,40}@(\\PC{1,40}|xn--[a-z0-9-]{1,20}\\.com)") {
            let Some(email) = Email::parse(&typed) else { return Ok(()) };
            prop_assert!(email.is_canonical(), "{:?}", email);
            let decomposed: String = typed.nfd().collect();
            if let Some(other) = Email::parse(&decomposed) {
                prop_assert_eq!(&other, &email);
            }
            if typed.is_ascii() {
                prop_assert_eq!(Email::as_typed(&typed), None);
            }
            prop_assert_eq!(Email::parse(&email.shown()), Some(email));
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
