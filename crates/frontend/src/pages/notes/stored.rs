//! Notes as the service keeps them: reading one, and storing what was typed. It must not know how one writes.

use shared::note::{Note, NoteRequest};
use shared::{ErrorCode, NoteId};

use crate::api;
use crate::session::{Rejected, Session};

/// A note in the version that was read, which the service names by `ETag`.
pub(super) struct Opened {
    pub(super) note: Note,
    pub(super) version: String,
}

impl Opened {
    /// Whether this is what it says.
    pub(super) fn says(&self, typed: &NoteRequest) -> bool {
        self.note.title == typed.title && self.note.text == typed.text
    }
}

/// Reads a note.
pub(super) async fn open(session: Session, id: NoteId) -> Result<Opened, Rejected> {
    let answer = session.call(api::note(id)).await.answer?;
    match (answer.json(), answer.etag.clone()) {
        (Some(note), Some(version)) if answer.succeeded() => Ok(Opened { note, version }),
        _ => Err(Rejected::by(&answer)),
    }
}

/// Stores what was typed: as a new note, or in the place of the version that was read.
pub(super) async fn store(
    session: Session,
    base: Option<&(NoteId, String)>,
    typed: &NoteRequest,
) -> Result<Note, Rejected> {
    let action = match base {
        Some((id, version)) => api::replace_note(*id, version, typed),
        None => api::create_note(typed),
    };
    // The answer to an earlier click is given again, also if that note was changed or deleted since.
    let is_there = async |stored: &Note| -> Result<bool, Rejected> {
        match open(session, stored.id).await {
            Ok(opened) => Ok(opened.says(typed)),
            Err(rejected) if rejected.is(ErrorCode::NotFound) => Ok(false),
            Err(rejected) => Err(rejected),
        }
    };
    session.create(&action, is_there).await
}
