//! The password policy: the one rule for a new password, shared so that the browser's strength meter and the server's
//! answer cannot disagree.
//!
//! NIST SP 800-63B-4 section 3.1.1.2 and OWASP ASVS 5.0.0 V6.2: length counts, composition rules do not; passwords
//! are not truncated; common passwords and words from the context are refused with the reason. Hashing and storage
//! are the server's. The pieces in which a password is counted are in `password/pieces.rs`.

mod pieces;

use std::fmt;

/// The fewest characters a password may have (SP 800-63B-4: 15 where it is the only factor).
pub const MIN_CHARACTERS: usize = 15;
/// The most characters a password may have; the standard asks for at least 64.
pub const MAX_CHARACTERS: usize = 256;
/// With fewer pieces a brute-force attack with a word list succeeds soon.
const MIN_PIECES: usize = 5;
const GOOD_PIECES: usize = 10;
const STRONG_PIECES: usize = 15;

/// The name of the service, which an attacker tries first.
const SERVICE: &str = "baton";

/// The words that an attacker tries first for this account: the `context` of [`assess`].
#[must_use]
pub fn context_of<'a>(email: &'a str, name: &'a str) -> [&'a str; 3] {
    [email.trim(), name.trim(), SERVICE]
}

/// The strength of an acceptable password, for a meter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// Acceptable.
    Fair,
    /// Well beyond a word list.
    Good,
    /// Beyond a brute-force attack.
    Strong,
}

/// Why a password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weakness {
    /// Fewer than [`MIN_CHARACTERS`]; how many it has.
    TooShort(usize),
    /// More than [`MAX_CHARACTERS`].
    TooLong,
    /// On the list of common passwords as it stands.
    Common,
    /// A few common words, keyboard runs, repetitions, or words from the account itself.
    Predictable,
}

impl Weakness {
    /// The rule's code in a problem document.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooShort(_) => "too_short",
            Self::TooLong => "too_long",
            Self::Common => "too_common",
            Self::Predictable => "too_predictable",
        }
    }
}

/// For the user: what is wrong and what helps.
impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort(characters) => write!(
                f,
                "Use at least {MIN_CHARACTERS} characters; this has {characters}. A few unrelated words work well."
            ),
            Self::TooLong => write!(f, "Use at most {MAX_CHARACTERS} characters."),
            Self::Common => f.write_str("Many people use this password, so it is guessed first. Use a few unrelated words."),
            Self::Predictable => f.write_str(
                "This is made of common words, repetitions, keyboard runs or your own details. Use a few unrelated words.",
            ),
        }
    }
}

/// Judges a new password.
///
/// `normalized` is the password in Unicode NFKC, as the server hashes it (SP 800-63B-4 section 3.1.1.2); a character
/// is a Unicode code point. `context` holds the words that an attacker tries first for this account; see
/// [`context_of`].
///
/// # Errors
/// The [`Weakness`] for which the password is refused.
pub fn assess(normalized: &str, context: &[&str]) -> Result<Strength, Weakness> {
    let characters = normalized.chars().count();
    if characters < MIN_CHARACTERS {
        return Err(Weakness::TooShort(characters));
    }
    if characters > MAX_CHARACTERS {
        return Err(Weakness::TooLong);
    }
    let folded = normalized.to_lowercase();
    if pieces::is_common(&folded) {
        return Err(Weakness::Common);
    }
    match pieces::count(&folded, context) {
        0..MIN_PIECES => Err(Weakness::Predictable),
        MIN_PIECES..GOOD_PIECES => Ok(Strength::Fair),
        GOOD_PIECES..STRONG_PIECES => Ok(Strength::Good),
        _ => Ok(Strength::Strong),
    }
}
