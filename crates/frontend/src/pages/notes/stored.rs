//! Reads and stores notes at the service, without knowing the editor.

use shared::note::{Note, NoteRequest};
use shared::{ErrorCode, NoteId};

use crate::api;
use crate::session::{Rejected, Session};

/// A note in the version that was read (`ETag`).
pub(super) struct Opened {
    pub(super) note: Note,
    pub(super) version: String,
}

impl Opened {
    /// Whether the note has this title and text.
    pub(super) fn says(&self, typed: &NoteRequest) -> bool {
        self.note.title == typed.title && self.note.text == typed.text
    }
}

pub(super) async fn open(session: Session, id: NoteId) -> Result<Opened, Rejected> {
    let answer = session.call(api::note(id)).await.answer?;
    match (answer.json(), answer.etag.clone()) {
        (Some(note), Some(version)) if answer.succeeded() => Ok(Opened { note, version }),
        _ => Err(Rejected::by(&answer)),
    }
}

/// Creates a note, or replaces the version that was read.
pub(super) async fn store(
    session: Session,
    base: Option<&(NoteId, String)>,
    typed: &NoteRequest,
) -> Result<Note, Rejected> {
    let action = match base {
        Some((id, version)) => api::replace_note(*id, version, typed),
        None => api::create_note(typed),
    };
    // The server repeats the answer to an earlier click, although the note may have been changed or deleted since.
    let is_there = async |stored: &Note| -> Result<bool, Rejected> {
        match open(session, stored.id).await {
            Ok(opened) => Ok(opened.says(typed)),
            Err(rejected) if rejected.is(ErrorCode::NotFound) => Ok(false),
            Err(rejected) => Err(rejected),
        }
    };
    session.create(&action, is_there).await
}
