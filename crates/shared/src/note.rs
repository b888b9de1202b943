//! The JSON bodies of the notes service, for the service and for the page of notes. A note's version travels in
//! `ETag`, not in a body.

use serde::{Deserialize, Serialize};

use crate::{NoteId, NumericDate};

/// The longest title, in characters: Unicode scalar values, as everywhere here.
pub const MAX_TITLE: usize = 200;
/// The longest text, in characters.
pub const MAX_TEXT: usize = 20_000;
/// The longest search text, in characters.
pub const MAX_QUERY: usize = 200;
/// The quota of a user, in notes.
pub const MAX_NOTES: u32 = 1_000;
/// The quota of a user, in bytes of UTF-8 of titles and texts together.
pub const MAX_NOTES_BYTES: u32 = 10_000_000;

/// A note as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Note {
    /// Its id; ids sort by time.
    pub id: NoteId,
    /// One line.
    pub title: String,
    /// Any number of lines.
    pub text: String,
    /// When it was created.
    pub created_at: NumericDate,
    /// When it was last changed.
    pub changed_at: NumericDate,
}

/// `GET /api/notes`: one page of the user's notes, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notes {
    /// The page.
    pub notes: Vec<Note>,
    /// Whether there are older ones: the next page is `before` the last of these.
    pub more: bool,
}

/// A note to create or replace: `POST /api/notes`, `PUT /api/notes/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoteRequest {
    /// One line.
    pub title: String,
    /// Any number of lines.
    pub text: String,
}
