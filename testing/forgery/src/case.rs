//! A test case, and the list of cases. What makes a token a forgery is in one file for each class.

use std::fmt;

use crate::Original;

/// One forged token.
#[derive(Debug, Clone)]
pub struct Case {
    /// The kind of forgery.
    pub class: Class,
    /// The one change that was made. Unique within its class.
    pub name: String,
    /// The rule that must reject it.
    pub rule: Rule,
    /// The token. Some do not fit into an HTTP header.
    pub token: String,
}

impl Case {
    /// Whether it can be the value of an HTTP header (RFC 9110 section 5.5: no CR, LF or NUL). The others never reach
    /// a server; they are for a verifier that gets tokens in another way.
    #[must_use]
    pub fn fits_into_a_header(&self) -> bool {
        !self.token.contains(['\r', '\n', '\0'])
    }
}

impl fmt::Display for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}: {}", self.class, self.name)
    }
}

/// A kind of forgery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The header embeds a key, or refers to one.
    EmbeddedKeys,
    /// Algorithm confusion: `none`, the public key as a shared secret, another primitive.
    Algorithms,
    /// `kid` as an injection, or as the name of another key.
    KeyIds,
    /// The signature is changed, over other bytes, or by another key.
    Signatures,
    /// Another spelling of base64url.
    Encoding,
    /// Another number of parts, or another serialization.
    Structure,
    /// Invalid JSON, or JSON that parsers read differently.
    Json,
    /// Header members that change the meaning of the token.
    Extensions,
    /// `typ`.
    Types,
    /// Claims that are missing, of another JSON type, or of an invalid value.
    Claims,
    /// `iss` and `aud`.
    Parties,
    /// `exp`, `nbf` and `iat`.
    Times,
    /// Cross-JWT confusion: tokens for another purpose.
    OtherTokens,
}

/// The first rule that a case breaks, in the order of RFC 7515 section 5.2 and RFC 9068 section 4: form,
/// header, key, signature, claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// At most 8 KiB.
    Length,
    /// Three parts (RFC 7515 section 7.1).
    Compact,
    /// Canonical base64url without padding (RFC 7515 section 2).
    Encoding,
    /// The header is one strict JSON object.
    HeaderJson(Flaw),
    /// `alg` is ES256 to the letter.
    Algorithm,
    /// The header does not have this member.
    ForbiddenHeader(&'static str),
    /// `typ` is `at+jwt` to the letter.
    Type,
    /// `kid` is a possible key id.
    KeyId,
    /// The key is in the issuer's JWKS.
    UnknownKey,
    /// The named key signed header and payload.
    Signature,
    /// The payload is one strict JSON object.
    ClaimsJson(Flaw),
    /// The claim is present.
    MissingClaim(&'static str),
    /// The claim has its JSON type.
    ClaimType(&'static str),
    /// The claim has a valid value.
    ClaimValue(&'static str),
    /// From this issuer, by exact comparison.
    Issuer,
    /// For this audience, by exact comparison.
    Audience,
    /// Before `exp`.
    Expired,
    /// Not before `nbf`.
    NotYetValid,
    /// Not before `iat`.
    IssuedInTheFuture,
}

/// What is wrong with a JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Not UTF-8.
    Utf8,
    /// Not one JSON text.
    Grammar,
    /// No object.
    NotAnObject,
    /// A member name occurs twice.
    Duplicate,
    /// Nested too deeply.
    Depth,
}

/// Collects the cases.
pub(crate) struct Cases<'o> {
    pub(crate) original: &'o Original,
    class: Class,
    cases: Vec<Case>,
}

impl<'o> Cases<'o> {
    pub(crate) fn of(original: &'o Original) -> Self {
        Self { original, class: Class::EmbeddedKeys, cases: Vec::new() }
    }

    pub(crate) fn of_class(&mut self, class: Class, forge: impl FnOnce(&mut Self)) {
        self.class = class;
        forge(self);
    }

    /// Adds a token as it is.
    pub(crate) fn add(&mut self, name: impl Into<String>, rule: Rule, token: impl Into<String>) {
        let case = Case { class: self.class, name: name.into(), rule, token: token.into() };
        assert_ne!(case.token, self.original.token(), "{case}: nothing has changed");
        let known = self.cases.iter().find(|it| (it.class, &it.name) == (case.class, &case.name));
        assert!(known.is_none(), "{case}: there is one of that name");
        self.cases.push(case);
    }

    /// Adds the original with another header, signed by the issuer.
    pub(crate) fn add_header(
        &mut self,
        name: impl Into<String>,
        rule: Rule,
        header: impl AsRef<[u8]>,
    ) {
        self.add(name, rule, self.original.sealed(header, self.original.claims_text()));
    }

    /// Adds the original with another payload, signed by the issuer.
    pub(crate) fn add_payload(
        &mut self,
        name: impl Into<String>,
        rule: Rule,
        payload: impl AsRef<[u8]>,
    ) {
        self.add(name, rule, self.original.sealed(self.original.header_text(), payload));
    }

    pub(crate) fn into_vec(self) -> Vec<Case> {
        self.cases
    }
}
