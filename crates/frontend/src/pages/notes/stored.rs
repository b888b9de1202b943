//! Reads and stores notes at the service, without knowing the form.

use shared::note::{Note, NoteRequest};
use shared::{ErrorCode, NoteId};

use crate::api;
use crate::session::{Rejected, Session};

/// A note in the version that was read (`ETag`).
#[derive(Clone)]
pub(super) struct Opened {
    pub(super) note: Note,
    pub(super) version: String,
}

impl Opened {
    /// Whether the note has this title and text.
    fn says(&self, typed: &NoteRequest) -> bool {
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
    base: Option<&Opened>,
    typed: &NoteRequest,
) -> Result<Note, Rejected> {
    let action = match base {
        Some(Opened { note, version }) => api::replace_note(note.id, version, typed),
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
    match (session.create(&action, is_there).await, base) {
        (Err(rejected), Some(base)) if rejected.is(ErrorCode::PreconditionFailed) => {
            let current = open(session, base.note.id).await?;
            // It may be our own version: the answer to an earlier try was lost.
            if current.says(typed) { Ok(current.note) } else { Err(rejected) }
        }
        (stored, _) => stored,
    }
}
