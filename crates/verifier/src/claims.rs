//! The claims of an access token (RFC 9068 section 2.2): presence and type. It must not be called before the
//! signature is verified, and must not judge issuer, audience or expiry: that is `verifier.rs`, the caller.

use types::{NumericDate, SessionId, UserId};

use crate::Rejection;
use crate::members::{Members, Unfit, id, instant, name, natural, text, texts, uri};
use crate::strict_json::Json;

/// The claims of a verified access token, named as on the wire (RFC 9068 section 2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// The issuer; equal to the one the verifier trusts.
    pub iss: String,
    /// The user.
    pub sub: UserId,
    /// The audience; at least one of them is this service.
    pub aud: Vec<String>,
    /// Its expiry.
    pub exp: NumericDate,
    /// When it was issued.
    pub iat: NumericDate,
    /// The id of this token; at most 256 bytes.
    pub jti: String,
    /// The client it was issued to (RFC 8693 section 4.3); at most 256 bytes.
    pub client_id: String,
    /// The session, for revocation.
    pub sid: SessionId,
    /// When the user last authenticated.
    pub auth_time: NumericDate,
    /// By which methods (RFC 8176).
    pub amr: Vec<String>,
    /// The scopes it is limited to, if any: names separated by spaces (RFC 6749 section 3.3).
    pub scope: Option<String>,
    /// The status list that would publish the revocation of its session; [`None`] without one.
    pub status: Option<StatusReference>,
}

/// One index in one status list (Token Status List section 6.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusReference {
    /// The list; at most 512 bytes.
    pub uri: String,
    /// The index in it, counted from 0.
    pub idx: u64,
}

/// Claims that are parsed and not yet judged.
pub(crate) struct Claims {
    pub(crate) token: AccessToken,
    /// When the token begins to be valid; dropped once judged.
    pub(crate) nbf: Option<NumericDate>,
}

/// Parses the payload of a token with a verified signature.
pub(crate) fn read(signed_payload: &[u8]) -> Result<Claims, Rejection> {
    let mut members = Members::of_payload(signed_payload)?;
    // RFC 9068 section 2.2: iss, exp, aud, sub, client_id, iat and jti are REQUIRED. Baton adds sid, auth_time and
    // amr, and a token without them is from another issuer.
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
/// Other status mechanisms beside it are ignored, but not instead of it: a token whose status this service cannot
/// look up is not known to be valid.
fn status(members: &mut Members) -> Result<Option<StatusReference>, Rejection> {
    let Some(mut status) = members.optional("status", Members::of_object)? else {
        return Ok(None);
    };
    let mut list = status.required("status_list", Members::of_object)?;
    let (uri, idx) = (list.required("uri", uri)?, list.required("idx", natural)?);
    Ok(Some(StatusReference { uri, idx }))
}

/// RFC 7519 section 4.1.3: `aud` is an array of strings or, in the special case, one string.
pub(crate) fn audience(value: Json) -> Result<Vec<String>, Unfit> {
    match value {
        Json::String(one) => Ok(vec![one]),
        Json::Array(none) if none.is_empty() => Err(Unfit::Value),
        many => texts(many),
    }
}
