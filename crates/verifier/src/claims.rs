//! The claims of an access token (RFC 9068 section 2.2): all there, each of its type. It must not
//! be called before the signature holds, and must not judge issuer, audience or time: that is
//! `verifier.rs`, where the caller is.

use shared::{NumericDate, SessionId, UserId};

use crate::Rejection;
use crate::members::{Members, Unfit, id, instant, name, natural, text, texts, uri};
use crate::strict_json::Json;

/// What a verified access token says. The names are those on the wire (RFC 9068 section 2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// The issuer; equal to the one the verifier trusts.
    pub iss: String,
    /// Whom the token speaks for.
    pub sub: UserId,
    /// Whom it is for; at least one of them is us.
    pub aud: Vec<String>,
    /// When it ends.
    pub exp: NumericDate,
    /// When it was issued.
    pub iat: NumericDate,
    /// Names this one token; at most 256 bytes.
    pub jti: String,
    /// The client it was issued to (RFC 8693 section 4.3); at most 256 bytes.
    pub client_id: String,
    /// The session it belongs to, to ask whether that has been ended since.
    pub sid: SessionId,
    /// When the user last proved who they are.
    pub auth_time: NumericDate,
    /// How they did (RFC 8176).
    pub amr: Vec<String>,
    /// What it permits, if that is limited: names separated by spaces (RFC 6749 section 3.3).
    pub scope: Option<String>,
    /// Where it is published whether the session still stands, if it is.
    pub status: Option<StatusReference>,
}

/// One place in one status list (Token Status List section 6.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusReference {
    /// The list; at most 512 bytes.
    pub uri: String,
    /// The place in it, counted from 0.
    pub idx: u64,
}

/// A token's claims, read and not yet judged.
pub(crate) struct Claims {
    pub(crate) token: AccessToken,
    /// When the token begins to be valid. Of no interest once that is judged.
    pub(crate) nbf: Option<NumericDate>,
}

/// Reads the payload of a token whose signature holds.
pub(crate) fn read(signed_payload: &[u8]) -> Result<Claims, Rejection> {
    let mut members = Members::of_payload(signed_payload)?;
    // RFC 9068 section 2.2: iss, exp, aud, sub, client_id, iat and jti are REQUIRED. Our issuer
    // adds sid, auth_time and amr, and a token without them is not from it.
    let token = AccessToken {
        iss: members.required("iss", text)?,
        sub: members.required("sub", id)?,
        aud: members.required("aud", audience)?,
        exp: members.required("exp", instant)?,
        iat: members.required("iat", instant)?,
        jti: members.required("jti", name)?,
        client_id: members.required("client_id", name)?,
        sid: members.required("sid", id)?,
        auth_time: members.required("auth_time", instant)?,
        amr: members.required("amr", texts)?,
        scope: members.optional("scope", text)?,
        status: status(&mut members)?,
    };
    let nbf = members.optional("nbf", instant)?;
    Ok(Claims { token, nbf })
}

/// Token Status List section 6.2: `status` is an object; its member `status_list` has `idx` and `uri`.
///
/// It may hold other mechanisms beside, which are ignored, but not instead: a token that says its
/// status can be looked up, and not where we can, is not known to be good.
fn status(members: &mut Members) -> Result<Option<StatusReference>, Rejection> {
    let Some(mut status) = members.optional("status", Members::of_object)? else {
        return Ok(None);
    };
    let mut list = status.required("status_list", Members::of_object)?;
    let (uri, idx) = (list.required("uri", uri)?, list.required("idx", natural)?);
    Ok(Some(StatusReference { uri, idx }))
}

/// RFC 7519 section 4.1.3: `aud` is an array of strings or, in the special case, one string.
fn audience(value: Json) -> Result<Vec<String>, Unfit> {
    match value {
        Json::String(one) => Ok(vec![one]),
        Json::Array(none) if none.is_empty() => Err(Unfit::Value),
        many => texts(many),
    }
}
