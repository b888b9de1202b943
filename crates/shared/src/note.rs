//! The JSON bodies of the notes service, for the service and for the page that shows notes. Which version
//! a note is in travels in `ETag`, not in a body.

use serde::{Deserialize, Serialize};

use crate::{NoteId, NumericDate};

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
