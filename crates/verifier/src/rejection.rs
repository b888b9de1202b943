//! Why a token is refused. The text is for the log and must not hold anything the token said:
//! whoever sends garbage does not get to write into our log. Every rejection is the same 401
//! `invalid_token` on the wire; that table is the server's.

use crate::JsonFault;

/// The first rule a token breaks.
#[derive(thiserror::Error, Debug, Clone, Copy, PartialEq, Eq)]
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
    /// The header brings a key along, demands an extension, or changes what the parts mean.
    #[error("the header has the forbidden member `{0}`")]
    ForbiddenHeader(&'static str),
    /// `typ` is missing or not exactly the one that is asked for, `at+jwt` for an access token: an
    /// ID token, say.
    #[error("the header's `typ` is another")]
    WrongType,
    /// `kid` is missing, not a string, empty, too long, or has characters no key id of ours has.
    #[error("the header's `kid` is missing or cannot be a key id")]
    KeyId,
    /// No key of ours has this `kid`.
    #[error("the token names an unknown key")]
    UnknownKey,
    /// The key did not sign this, or the signature is not 64 bytes.
    #[error("the signature is wrong")]
    BadSignature,
    /// The payload is signed, but not the strict JSON object it has to be.
    #[error("the payload is not a strict JSON object")]
    ClaimsJson(#[source] JsonFault),
    /// A required claim is absent.
    #[error("the claim `{0}` is missing")]
    MissingClaim(&'static str),
    /// A claim has another JSON type than it must.
    #[error("the claim `{0}` has the wrong type")]
    ClaimType(&'static str),
    /// A claim has the right JSON type and a value it cannot have: empty, too long, negative.
    #[error("the claim `{0}` has an impossible value")]
    ClaimValue(&'static str),
    /// `iss` is somebody else.
    #[error("the token is from another issuer")]
    WrongIssuer,
    /// `aud` names nobody we answer to.
    #[error("the token is for another audience")]
    WrongAudience,
    /// `exp` has passed.
    #[error("the token has expired")]
    Expired,
    /// `nbf` has not come yet.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// `iat` has not come yet.
    #[error("the token was issued in the future")]
    IssuedInTheFuture,
    /// A status list token is about another list than the one that was asked for.
    #[error("the status list is another than the one asked for")]
    WrongSubject,
    /// A status list is not zlib, is cut off, goes on after its end, or holds more than 4 MiB.
    #[error("the status list cannot be decompressed")]
    StatusListData,
    /// The access token refers to a status list that its issuer does not publish.
    #[error("the token's status list is not its issuer's")]
    ForeignStatusList,
    /// The access token refers to a place beyond the end of its status list.
    #[error("the token has no place in its status list")]
    NotInStatusList,
    /// The status list says that the token is no longer valid: its session was ended.
    #[error("the token was revoked")]
    Revoked,
}
