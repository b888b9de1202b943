//! Why a token is rejected. The text is for the log and must not hold any part of the token, against log injection.
//! Every rejection is the same 401 `invalid_token` on the wire; that table is the server's.

use crate::JsonFault;

/// The first rule that a token breaks.
#[derive(thiserror::Error, Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejection {
    /// Longer than 8 KiB; a status list token, than 8 MiB.
    #[error("the token is too long")]
    TooLong,
    /// Not `header.payload.signature`: another number of parts, as in JWE.
    #[error("the token does not have three parts")]
    NotCompact,
    /// A part is not canonical base64url: padding, white space, another alphabet, trailing bits.
    #[error("a part of the token is not canonical base64url")]
    Encoding,
    /// The header is not the strict JSON object it has to be.
    #[error("the header is not a strict JSON object")]
    HeaderJson(#[source] JsonFault),
    /// `alg` is missing or not exactly `ES256`.
    #[error("the header's `alg` is not ES256")]
    WrongAlgorithm,
    /// `alg` is missing, or not the one algorithm of the key that the header names.
    #[error("the header's `alg` is not the key's")]
    NotTheKeysAlgorithm,
    /// The header embeds a key, demands an extension, or changes the meaning of the parts.
    #[error("the header has the forbidden member `{0}`")]
    ForbiddenHeader(&'static str),
    /// `typ` is missing or not exactly the expected one, `at+jwt` for an access token: an ID token, say.
    #[error("the header's `typ` is another")]
    WrongType,
    /// `kid` is missing, not a string, empty, too long, or has characters outside of base64url.
    #[error("the header's `kid` is missing or cannot be a key id")]
    KeyId,
    /// No trusted key has this `kid`.
    #[error("the token names an unknown key")]
    UnknownKey,
    /// The key did not sign this, or the signature is not 64 bytes.
    #[error("the signature is wrong")]
    BadSignature,
    /// The payload is signed, but not the strict JSON object it has to be.
    #[error("the payload is not a strict JSON object")]
    ClaimsJson(#[source] JsonFault),
    /// A required claim is missing.
    #[error("the claim `{0}` is missing")]
    MissingClaim(&'static str),
    /// A claim has the wrong JSON type.
    #[error("the claim `{0}` has the wrong type")]
    ClaimType(&'static str),
    /// A claim has the right JSON type and an invalid value: empty, too long, negative.
    #[error("the claim `{0}` has an impossible value")]
    ClaimValue(&'static str),
    /// The token is bound to a key of its client (`cnf`), whose proof a verifier of bearer tokens does not check.
    #[error("the token is bound to a key, and no bearer token")]
    SenderConstrained,
    /// The claims that the service asks for are missing, or have another form.
    #[error("the service's own claims cannot be read")]
    OwnClaims,
    /// `iss` is not the trusted issuer.
    #[error("the token is from another issuer")]
    WrongIssuer,
    /// `aud` does not include this service.
    #[error("the token is for another audience")]
    WrongAudience,
    /// `exp` has passed.
    #[error("the token has expired")]
    Expired,
    /// `nbf` is in the future.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// `iat` is in the future.
    #[error("the token was issued in the future")]
    IssuedInTheFuture,
    /// The `sub` of a status list token is not the URI it was fetched from.
    #[error("the status list is another than the one asked for")]
    WrongSubject,
    /// A status list is not zlib, is truncated, has trailing bytes, or holds more than 4 MiB.
    #[error("the status list cannot be decompressed")]
    StatusListData,
    /// The access token refers to a status list that is not at `ISSUER/status-lists/NUMBER`.
    #[error("the token's status list is not its issuer's")]
    ForeignStatusList,
    /// The access token refers to an index beyond the end of its status list.
    #[error("the token has no place in its status list")]
    NotInStatusList,
    /// The access token refers to a status list, and this verifier looks up none.
    #[error("the token's status cannot be looked up here")]
    UnknownStatus,
    /// The status list does not say valid: the session was revoked.
    #[error("the token was revoked")]
    Revoked,
}
