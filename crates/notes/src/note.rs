//! What a note is, and what one may hold. It must not know how notes are stored or sent.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use shared::{FieldError, NumericDate};
use uuid::Uuid;

/// The longest title, in characters.
pub const MAX_TITLE: usize = 200;
/// The longest text, in characters.
pub const MAX_TEXT: usize = 20_000;

/// Names a note. UUID version 7, so that notes sort by their ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NoteId(Uuid);

impl NoteId {
    /// From its 16 bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// Its 16 bytes, in network order.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl fmt::Display for NoteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for NoteId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::try_parse(text).map(Self)
    }
}

/// A note as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// Its name.
    pub id: NoteId,
    /// One line.
    pub title: String,
    /// Any number of lines.
    pub text: String,
    /// When it was made.
    pub created_at: NumericDate,
    /// When it was last changed.
    pub changed_at: NumericDate,
    /// How often it was written: 1, 2, 3. Travels in `ETag`.
    #[serde(skip)]
    pub version: i64,
}

/// What an owner writes, as it was sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    title: String,
    text: String,
}

/// What an owner writes, and may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// One line of 1 to [`MAX_TITLE`] characters, not all of them white space.
    pub title: String,
    /// Up to [`MAX_TEXT`] characters.
    pub text: String,
}

impl TryFrom<Written> for Draft {
    type Error = Vec<FieldError>;

    fn try_from(Written { title, text }: Written) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut refuse = |field: &str, code: &str, message: String| {
            errors.push(FieldError { field: field.to_owned(), code: code.to_owned(), message });
        };
        if title.trim().is_empty() {
            refuse("title", "required", "Give the note a title.".to_owned());
        }
        if title.chars().count() > MAX_TITLE {
            refuse("title", "too_long", format!("A title has at most {MAX_TITLE} characters."));
        }
        if title.chars().any(char::is_control) {
            refuse("title", "invalid", "A title is one line of text.".to_owned());
        }
        if text.chars().count() > MAX_TEXT {
            refuse("text", "too_long", format!("A note has at most {MAX_TEXT} characters."));
        }
        // A NUL ends a text for some who read it.
        if text.contains('\0') {
            refuse("text", "invalid", "A note is text.".to_owned());
        }
        if errors.is_empty() { Ok(Self { title, text }) } else { Err(errors) }
    }
}
