//! The claims of a status list token (Token Status List section 5.1). It must not be called before the
//! signature holds, and must not judge subject, issuer or time: that is `verifier.rs`.

use shared::NumericDate;

use super::StatusList;
use crate::Rejection;
use crate::members::{Members, Unfit, instant, natural, seconds, text, uri};
use crate::strict_json::Json;

/// What a verified status list token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusListToken {
    /// Where the list is published, and what access tokens refer to it by.
    pub sub: String,
    /// When it was made: the newer list is the right one.
    pub iat: NumericDate,
    /// When nothing it says can be relied on any longer, if it tells.
    pub exp: Option<NumericDate>,
    /// For how many seconds it may be kept before it is asked for again, if it tells.
    pub ttl: Option<i64>,
    /// The list.
    pub list: StatusList,
}

/// A token's claims, read and not yet judged.
pub(crate) struct Claims {
    pub(crate) token: StatusListToken,
    pub(crate) iss: Option<String>,
    pub(crate) nbf: Option<NumericDate>,
}

/// Reads the payload of a token whose signature holds.
pub(crate) fn read(signed_payload: &[u8]) -> Result<Claims, Rejection> {
    let mut members = Members::of_payload(signed_payload)?;
    let (iss, nbf) = (members.optional("iss", text)?, members.optional("nbf", instant)?);
    let sub = members.required("sub", uri)?;
    let iat = members.required("iat", instant)?;
    let exp = members.optional("exp", instant)?;
    let ttl = members.optional("ttl", seconds)?;
    let mut list = members.required("status_list", Members::of_object)?;
    let bits = list.required("bits", bits)?;
    let list = StatusList::from_lst(bits, &list.required("lst", text)?)?;
    Ok(Claims { token: StatusListToken { sub, iat, exp, ttl, list }, iss, nbf })
}

/// Section 4.2: `bits` is 1, 2, 4 or 8, so that no status lies across two bytes.
fn bits(value: Json) -> Result<u8, Unfit> {
    match natural(value)? {
        1 => Ok(1),
        2 => Ok(2),
        4 => Ok(4),
        8 => Ok(8),
        _ => Err(Unfit::Value),
    }
}
