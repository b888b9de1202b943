//! Parsing of signed JSON members: required or optional, and the types of their values. Which members a token has:
//! `claims.rs` and `status_list/token.rs`.

use std::fmt::Display;
use std::str::FromStr;

use types::NumericDate;

use crate::Rejection;
use crate::strict_json::{self, Json, Object};

/// The longest `jti` and `client_id`: short enough for an index and a log line.
const MAX_NAME_BYTES: usize = 256;
/// The longest URI of a status list.
const MAX_URI_BYTES: usize = 512;
/// 9999-12-31T23:59:59Z, the last second of a four-digit year.
const MAX_NUMERIC_DATE: i64 = 253_402_300_799;

/// Why a value is no valid claim.
pub(crate) enum Unfit {
    Type,
    Value,
}

pub(crate) struct Members(Object);

impl Members {
    /// The members of a payload with a verified signature.
    pub(crate) fn of_payload(signed_payload: &[u8]) -> Result<Self, Rejection> {
        strict_json::parse_object(signed_payload).map(Self).map_err(Rejection::ClaimsJson)
    }

    /// The members of a nested object.
    pub(crate) fn of_object(value: Json) -> Result<Self, Unfit> {
        match value {
            Json::Object(members) => Ok(Self(members)),
            _ => Err(Unfit::Type),
        }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(crate) fn required<T>(
        &mut self,
        name: &'static str,
        read: fn(Json) -> Result<T, Unfit>,
    ) -> Result<T, Rejection> {
        self.optional(name, read)?.ok_or(Rejection::MissingClaim(name))
    }

    /// Optional is not lenient: `null` and a wrong type are errors.
    pub(crate) fn optional<T>(
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

pub(crate) fn text(value: Json) -> Result<String, Unfit> {
    match value {
        Json::String(text) => Ok(text),
        _ => Err(Unfit::Type),
    }
}

pub(crate) fn texts(value: Json) -> Result<Vec<String>, Unfit> {
    match value {
        Json::Array(elements) => elements.into_iter().map(text).collect(),
        _ => Err(Unfit::Type),
    }
}

pub(crate) fn name(value: Json) -> Result<String, Unfit> {
    let name = text(value)?;
    if (1..=MAX_NAME_BYTES).contains(&name.len()) { Ok(name) } else { Err(Unfit::Value) }
}

/// A UUID as Baton prints it: hyphens, lower case. RFC 9562 section 4 leaves the letter case open and the parser
/// accepts more spellings, but in a text comparison two spellings of one user would be two users.
pub(crate) fn id<T: FromStr + Display>(value: Json) -> Result<T, Unfit> {
    let text = text(value)?;
    match text.parse::<T>() {
        Ok(id) if id.to_string() == text => Ok(id),
        _ => Err(Unfit::Value),
    }
}

/// The URI of a status list. The caller decides whether to fetch it.
pub(crate) fn uri(value: Json) -> Result<String, Unfit> {
    let uri = text(value)?;
    if (1..=MAX_URI_BYTES).contains(&uri.len()) { Ok(uri) } else { Err(Unfit::Value) }
}

/// A count or an index: zero or more.
pub(crate) fn natural(value: Json) -> Result<u64, Unfit> {
    match value {
        Json::Integer(number) => u64::try_from(number).map_err(|_| Unfit::Value),
        _ => Err(Unfit::Type),
    }
}

/// A duration in seconds: more than zero.
pub(crate) fn seconds(value: Json) -> Result<i64, Unfit> {
    match value {
        Json::Integer(seconds) if seconds > 0 => Ok(seconds),
        Json::Integer(_) => Err(Unfit::Value),
        _ => Err(Unfit::Type),
    }
}

/// RFC 7519 section 2 permits a `NumericDate` with a fraction; Baton writes whole seconds, so a fraction, an exponent
/// or an instant outside of 1970 to 9999 is an error.
pub(crate) fn instant(value: Json) -> Result<NumericDate, Unfit> {
    match value {
        Json::Integer(seconds) if (0..=MAX_NUMERIC_DATE).contains(&seconds) => {
            Ok(NumericDate(seconds))
        }
        Json::Integer(_) => Err(Unfit::Value),
        _ => Err(Unfit::Type),
    }
}
