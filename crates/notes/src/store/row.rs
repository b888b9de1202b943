//! Reads rows into notes.

use shared::note::Note;
use shared::{NoteId, NumericDate};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::error::StoreError;
use crate::note::Versioned;

pub(super) fn versioned(row: &SqliteRow) -> Result<Versioned, StoreError> {
    let note = Note {
        id: note_id(row)?,
        title: row.try_get("title")?,
        text: row.try_get("text")?,
        created_at: NumericDate(row.try_get("created_at")?),
        changed_at: NumericDate(row.try_get("changed_at")?),
    };
    Ok(Versioned { note, version: row.try_get("version")? })
}

pub(super) fn note_id(row: &SqliteRow) -> Result<NoteId, StoreError> {
    let id: &[u8] = row.try_get("id")?;
    let id = id.try_into().map_err(|_| sqlx::Error::Protocol("an id of 16 bytes".to_owned()))?;
    Ok(NoteId::from_bytes(id))
}
