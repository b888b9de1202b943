//! The claims of an access token (RFC 9068 section 2.2): all there, each of its type. It must not
//! be called before the signature holds, and must not judge issuer, audience or time: that is
//! `verifier.rs`, where the caller is.

use std::fmt::Display;
use std::str::FromStr;

use shared::{NumericDate, SessionId, UserId};

use crate::Rejection;
use crate::strict_json::{self, Json, Object};

/// The longest `jti` and `client_id`: what names something fits into an index and a log line.
const MAX_NAME_BYTES: usize = 256;
/// 9999-12-31T23:59:59Z, the last second a date of four-digit years can write.
const MAX_NUMERIC_DATE: i64 = 253_402_300_799;

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
}

/// A token's claims, read and not yet judged.
pub(crate) struct Claims {
    pub(crate) token: AccessToken,
    /// When the token begins to be valid. Of no interest once that is judged.
    pub(crate) nbf: Option<NumericDate>,
}

/// Reads the payload of a token whose signature holds.
pub(crate) fn read(signed_payload: &[u8]) -> Result<Claims, Rejection> {
    let mut members =
        Members(strict_json::parse_object(signed_payload).map_err(Rejection::ClaimsJson)?);
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
    };
    let nbf = members.optional("nbf", instant)?;
    Ok(Claims { token, nbf })
}

/// How a value fails a claim.
enum Unfit {
    Type,
    Value,
}

struct Members(Object);

impl Members {
    fn required<T>(
        &mut self,
        name: &'static str,
        read: fn(Json) -> Result<T, Unfit>,
    ) -> Result<T, Rejection> {
        self.optional(name, read)?.ok_or(Rejection::MissingClaim(name))
    }

    /// Optional is not lenient: `null` and the wrong type are errors.
    fn optional<T>(
        &mut self,
        name: &'static str,
        read: fn(Json) -> Result<T, Unfit>,
    ) -> Result<Option<T>, Rejection> {
        self.0.remove(name).map(read).transpose().map_err(|unfit| match unfit {
            Unfit::Type => Rejection::ClaimType(name),
            Unfit::Value => Rejection::ClaimValue(name),
        })
    }
}

fn text(value: Json) -> Result<String, Unfit> {
    match value {
        Json::String(text) => Ok(text),
        _ => Err(Unfit::Type),
    }
}

fn texts(value: Json) -> Result<Vec<String>, Unfit> {
    match value {
        Json::Array(elements) => elements.into_iter().map(text).collect(),
        _ => Err(Unfit::Type),
    }
}

fn name(value: Json) -> Result<String, Unfit> {
    let name = text(value)?;
    if (1..=MAX_NAME_BYTES).contains(&name.len()) { Ok(name) } else { Err(Unfit::Value) }
}

/// A UUID as our issuer prints it: hyphens, lower case. RFC 9562 section 4 leaves the letter case
/// open and the parser knows yet more spellings, but two spellings of one user would be two users
/// to whoever compares text.
fn id<T: FromStr + Display>(value: Json) -> Result<T, Unfit> {
    let text = text(value)?;
    match text.parse::<T>() {
        Ok(id) if id.to_string() == text => Ok(id),
        _ => Err(Unfit::Value),
    }
}

/// RFC 7519 section 4.1.3: `aud` is an array of strings or, in the special case, one string.
fn audience(value: Json) -> Result<Vec<String>, Unfit> {
    match value {
        Json::String(one) => Ok(vec![one]),
        Json::Array(none) if none.is_empty() => Err(Unfit::Value),
        many => texts(many),
    }
}

/// RFC 7519 section 2 lets a `NumericDate` have a fraction; ours are whole seconds, so a fraction,
/// an exponent or an instant outside of 1970 to 9999 is nobody's clock.
fn instant(value: Json) -> Result<NumericDate, Unfit> {
    match value {
        Json::Integer(seconds) if (0..=MAX_NUMERIC_DATE).contains(&seconds) => {
            Ok(NumericDate(seconds))
        }
        Json::Integer(_) => Err(Unfit::Value),
        _ => Err(Unfit::Type),
    }
}
