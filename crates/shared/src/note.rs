//! The JSON bodies of the notes service, for the service and for the page that shows notes. Which version
//! a note is in travels in `ETag`, not in a body.

use serde::{Deserialize, Serialize};

use crate::{NoteId, NumericDate};

/// The longest title, in characters: Unicode scalar values, as everywhere here.
pub const MAX_TITLE: usize = 200;
/// The longest text, in characters.
pub const MAX_TEXT: usize = 20_000;
/// The longest text that is searched for, in characters.
pub const MAX_QUERY: usize = 200;
/// The quota of a user: how many notes the service keeps.
pub const MAX_NOTES: u32 = 1_000;
/// The quota of a user: how many bytes of UTF-8 their titles and texts have together.
pub const MAX_NOTES_BYTES: u32 = 10_000_000;

/// A note as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Note {
    /// Its name; ids sort by time.
    pub id: NoteId,
    /// One line.
    pub title: String,
    /// Any number of lines.
    pub text: String,
    /// When it was made.
    pub created_at: NumericDate,
    /// When it was last changed.
    pub changed_at: NumericDate,
}

/// `GET /api/notes`: one page of the user's notes, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notes {
    /// The page.
    pub notes: Vec<Note>,
    /// Whether there are older ones: ask again `before` the last of these.
    pub more: bool,
}

/// What an owner writes: `POST /api/notes`, `PUT /api/notes/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoteRequest {
    /// One line.
    pub title: String,
    /// Any number of lines.
    pub text: String,
}
