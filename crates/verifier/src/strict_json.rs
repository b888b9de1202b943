//! A strict JSON parser, against differences between parsers: one object, unique member names, bounded nesting, no
//! trailing bytes. `header.rs`, `claims.rs` and `jwks.rs` use it.
//!
//! The grammar is `serde_json`'s. This adds rejections of what parsers usually tolerate, each in its own way.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// A token needs two levels, a key set four.
const MAX_DEPTH: usize = 8;

/// What is wrong with a JSON text.
#[derive(thiserror::Error, Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonFault {
    /// Not UTF-8.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// Not one JSON text: a syntax error, or trailing bytes.
    #[error("it is not one JSON text")]
    NotJson,
    /// JSON, but no object.
    #[error("it is not an object")]
    NotAnObject,
    /// One object has two members of the same name, in any spelling and at any depth.
    #[error("a member name occurs twice")]
    DuplicateMember,
    /// More than eight objects and arrays within each other.
    #[error("it is nested too deeply")]
    TooDeep,
}

/// The members of a JSON object.
pub(crate) type Object = BTreeMap<String, Json>;

/// A JSON value, with the distinctions that tokens and keys need.
pub(crate) enum Json {
    /// A number written as an integer that fits. `1.0` and `1e9` are not integers.
    Integer(i64),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Self>),
    /// An object.
    Object(Object),
    /// `null`, a boolean, or any other number: valid JSON that no claim uses.
    Other,
}

/// Parses `bytes` as one strict JSON object.
pub(crate) fn parse_object(bytes: &[u8]) -> Result<Object, JsonFault> {
    // RFC 7515 section 5.2 and RFC 7519 section 7.2: the octets are a UTF-8 encoded
    // representation of a completely valid JSON object.
    let text = str::from_utf8(bytes).map_err(|_| JsonFault::NotUtf8)?;
    let fault = Cell::new(JsonFault::NotJson);
    let mut source = serde_json::Deserializer::from_str(text);
    let strict = Strict { levels_left: MAX_DEPTH, fault: &fault };
    let value = strict.deserialize(&mut source).map_err(|_| fault.get())?;
    source.end().map_err(|_| JsonFault::NotJson)?;
    match value {
        Json::Object(members) => Ok(members),
        _ => Err(JsonFault::NotAnObject),
    }
}

/// Parses one value. `serde` carries errors only as text, so `fault` records the reason of a rejection.
#[derive(Clone, Copy)]
struct Strict<'f> {
    levels_left: usize,
    fault: &'f Cell<JsonFault>,
}

impl Strict<'_> {
    fn refuse<E: de::Error>(self, fault: JsonFault) -> E {
        self.fault.set(fault);
        E::custom(fault)
    }

    fn one_level_down<E: de::Error>(self) -> Result<Self, E> {
        let levels_left =
            self.levels_left.checked_sub(1).ok_or_else(|| self.refuse(JsonFault::TooDeep))?;
        Ok(Self { levels_left, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Json, D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(i64::try_from(value).map_or(Json::Other, Json::Integer))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut source: A) -> Result<Json, A::Error> {
        let inner = self.one_level_down()?;
        let mut elements = Vec::new();
        while let Some(element) = source.next_element_seed(inner)? {
            elements.push(element);
        }
        Ok(Json::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut source: A) -> Result<Json, A::Error> {
        let inner = self.one_level_down()?;
        let mut members = Object::new();
        // The parser has unescaped the names, so `"\u0061lg"` is `"alg"`.
        while let Some(name) = source.next_key::<String>()? {
            // RFC 7515 section 4: header parameter names MUST be unique; RFC 7519 section 4: claim names MUST be
            // unique. Both permit a parser to use the last one instead; this one rejects.
            if members.insert(name, source.next_value_seed(inner)?).is_some() {
                return Err(self.refuse(JsonFault::DuplicateMember));
            }
        }
        Ok(Json::Object(members))
    }
}
