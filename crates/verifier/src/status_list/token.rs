//! The claims of a status list token (Token Status List section 5.1). It must not be called before the signature is
//! verified, and must not judge subject, issuer or expiry: that is `verifier.rs`.

use types::NumericDate;

use super::StatusList;
use crate::Rejection;
use crate::members::{Members, Unfit, instant, natural, seconds, text, uri};
use crate::strict_json::Json;

/// The claims of a verified status list token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusListToken {
    /// The URI that access tokens refer to, and that publishes the list.
    pub sub: String,
    /// When it was issued: the newest list counts.
    pub iat: NumericDate,
    /// Its expiry, if it has one.
    pub exp: Option<NumericDate>,
    /// For how many seconds a cache may treat it as fresh, if it says so.
    pub ttl: Option<i64>,
    /// The list.
    pub list: StatusList,
}

/// Claims that are parsed and not yet judged.
pub(crate) struct Claims {
    pub(crate) token: StatusListToken,
    pub(crate) iss: Option<String>,
    pub(crate) nbf: Option<NumericDate>,
}

/// Parses the payload of a token with a verified signature.
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

/// Section 4.2: `bits` is 1, 2, 4 or 8, so that no status spans two bytes.
fn bits(value: Json) -> Result<u8, Unfit> {
    match natural(value)? {
        1 => Ok(1),
        2 => Ok(2),
        4 => Ok(4),
        8 => Ok(8),
        _ => Err(Unfit::Value),
    }
}
