//! The signature algorithms that an RFC 9068 issuer may use (RFC 7518 section 3.1, RFC 8037). `none` and symmetric
//! algorithms have no value here, so neither a header nor a key can name them.

/// A signature algorithm (RFC 7518 section 3.1, RFC 8037).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Algorithm {
    /// `ES256`: ECDSA on P-256.
    Es256,
    /// `EdDSA`, with Ed25519 alone.
    EdDsa,
    /// `RS256`: RSA with PKCS #1 v1.5 padding.
    Rs256,
    /// `PS256`: RSA with PSS padding.
    Ps256,
}

impl Algorithm {
    pub(super) const ALL: [Self; 4] = [Self::Es256, Self::EdDsa, Self::Rs256, Self::Ps256];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
        }
    }

    /// RFC 7515 section 4.1.1: names of algorithms are case-sensitive.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}
