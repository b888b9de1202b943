//! Prose in the field's words: how many indefinite and archaic words, and how many terms of the field, stand in a
//! thousand words of Rust comments (`cargo xtask words`), and a list of words that do not come back.

mod gone;

use super::tree::Tree;
use crate::report;
use crate::workspace::Workspace;
use anyhow::Result;
use std::collections::BTreeMap;

pub(crate) use gone::check;

/// Words without a referent, and words that no technical text of today has. A noun stands better in their place.
const INDEFINITE: [&str; 37] = [
    "anew",
    "anybody",
    "anyone",
    "anything",
    "anywhere",
    "ere",
    "everybody",
    "everyone",
    "everything",
    "henceforth",
    "hereby",
    "herein",
    "lately",
    "meanwhile",
    "nobody",
    "nothing",
    "nowhere",
    "oneself",
    "one's",
    "somebody",
    "someone",
    "something",
    "somewhere",
    "thence",
    "thereby",
    "therein",
    "thereof",
    "till",
    "upon",
    "whatever",
    "whence",
    "whenever",
    "whereby",
    "wherein",
    "wherever",
    "whichever",
    "whoever",
];

/// The same in two words.
const INDEFINITE_PHRASES: [&str; 11] = [
    "are told",
    "go on",
    "goes on",
    "he who",
    "is told",
    "let through",
    "lets through",
    "one who",
    "those who",
    "was told",
    "were told",
];

/// What readers of this field search for. Words that any program has (row, header, query, handler) do not count.
const TERMS: [&str; 107] = [
    "acr",
    "amr",
    "argon2id",
    "audience",
    "audit",
    "auth_time",
    "authenticated",
    "authentication",
    "authorization",
    "back-off",
    "bearer",
    "brute-force",
    "cache",
    "cached",
    "caches",
    "caching",
    "claim",
    "claims",
    "client_secret",
    "cors",
    "credential",
    "credentials",
    "csp",
    "csrf",
    "deadline",
    "ecdsa",
    "eddsa",
    "entropy",
    "es256",
    "evict",
    "evicted",
    "expires",
    "expiry",
    "grant",
    "hashing",
    "hkdf",
    "hmac",
    "hsts",
    "http-only",
    "httponly",
    "idempotency",
    "idempotency-key",
    "idempotent",
    "introspect",
    "introspection",
    "invalidate",
    "invalidated",
    "jose",
    "jti",
    "jwk",
    "jwks",
    "jws",
    "jwt",
    "jwts",
    "kid",
    "liveness",
    "lockout",
    "middleware",
    "migration",
    "migrations",
    "nonce",
    "passkey",
    "password-hash",
    "permit",
    "pool",
    "prune",
    "pruned",
    "prunes",
    "pruning",
    "rate-limit",
    "readiness",
    "reauthenticate",
    "reauthentication",
    "replay",
    "replayed",
    "replays",
    "retried",
    "retries",
    "retry",
    "revalidate",
    "revalidation",
    "revocation",
    "revocations",
    "revoke",
    "revoked",
    "revokes",
    "revoking",
    "rotate",
    "rotated",
    "rotates",
    "rotating",
    "same-origin",
    "samesite",
    "semaphore",
    "session-fixation",
    "single-flight",
    "stale",
    "step-up",
    "sub",
    "subscription",
    "throttle",
    "throttled",
    "throttling",
    "thumbprint",
    "timeout",
    "ttl",
    "xss",
];

/// The same in two words.
const TERM_PHRASES: [&str; 8] = [
    "conditional write",
    "group commit",
    "least privilege",
    "rate limit",
    "rate limits",
    "resource server",
    "resource servers",
    "token endpoint",
];

/// Prints how plain the comments are, crate by crate.
pub(crate) fn words(workspace: &Workspace) -> Result<()> {
    let tree = Tree::read(&workspace.root)?;
    let mut crates: BTreeMap<String, Counts> = BTreeMap::new();
    let mut all = Counts::default();
    for (file, source) in tree.rust() {
        let counts = source.comments.iter().map(|comment| Counts::of(&comment.text));
        let counts = counts.fold(Counts::default(), Counts::and);
        let name = file.path.split('/').take(2).collect::<Vec<_>>().join("/");
        let entry = crates.entry(name).or_default();
        *entry = std::mem::take(entry).and(counts);
        all = all.and(counts);
    }
    report::say("words of Rust comments, and of 1,000: indefinite or archaic, terms of the field");
    for (name, counts) in &crates {
        report::say(&format!("{name:<20} {counts}"));
    }
    report::say(&format!("{:<20} {all}", "all"));
    Ok(())
}

/// What was counted in a text.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct Counts {
    words: usize,
    indefinite: usize,
    terms: usize,
}

impl Counts {
    fn of(text: &str) -> Self {
        let words: Vec<String> = split(text).collect();
        let pairs: Vec<String> = words.windows(2).map(|pair| pair.join(" ")).collect();
        let among = |list: &[&str], texts: &[String]| {
            texts.iter().filter(|text| list.contains(&text.as_str())).count()
        };
        Self {
            words: words.len(),
            indefinite: among(&INDEFINITE, &words) + among(&INDEFINITE_PHRASES, &pairs),
            terms: among(&TERMS, &words) + among(&TERM_PHRASES, &pairs),
        }
    }

    fn and(self, other: Self) -> Self {
        Self {
            words: self.words + other.words,
            indefinite: self.indefinite + other.indefinite,
            terms: self.terms + other.terms,
        }
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Whole numbers: a tenth of a thousandth is more than enough.
        let tenths = |count: usize| count * 10_000 / self.words.max(1);
        let [indefinite, terms] = [tenths(self.indefinite), tenths(self.terms)];
        write!(
            formatter,
            "{:>7} {:>5}.{} {:>5}.{}",
            self.words,
            indefinite / 10,
            indefinite % 10,
            terms / 10,
            terms % 10
        )
    }
}

/// Lower case, without what stands around them; code in backquotes counts as the words it is made of.
fn split(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|character: char| !(character.is_alphanumeric() || "'-_".contains(character)))
        .map(|word| word.trim_matches(['\'', '-', '_']).to_lowercase())
        .filter(|word| word.starts_with(char::is_alphabetic))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_phrases_are_counted() {
        let plain = Counts::of("// Revokes the session: a replayed refresh token (RFC 9700).");
        assert_eq!(plain, Counts { words: 8, indefinite: 0, terms: 2 });
        let hard = Counts::of("/// Whoever asks is told nothing.");
        assert_eq!(hard, Counts { words: 5, indefinite: 3, terms: 0 });
    }

    #[test]
    fn figures_are_of_a_thousand_words() {
        let counts = Counts { words: 2_000, indefinite: 3, terms: 19 };
        assert_eq!(counts.to_string(), "   2000     1.5     9.5");
    }
}
