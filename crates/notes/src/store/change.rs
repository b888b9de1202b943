//! The writes. Each is one conditional write with all its conditions in the statement, so that of two concurrent
//! writes the second sees the effect of the first.

use shared::note::{MAX_NOTES, MAX_NOTES_BYTES, Note};
use shared::{NoteId, NumericDate, UserId};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use super::error::{Refused, StoreError};
use super::row::note_id;
use super::sql;
use crate::note::{Draft, Versioned};
use crate::precondition::{Evaluated, Preconditions, Versions};

/// A write to a note of an owner.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change<'a> {
    /// Insert a note, within the quota.
    Create(&'a Draft),
    /// Replace title and text, if the preconditions hold, within the quota.
    Replace(&'a Preconditions, &'a Draft),
    /// Delete the note, if the preconditions hold.
    Delete(&'a Preconditions),
}

/// The result of a write, without title and text: the note as the write left it, or as it was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Effect {
    pub(super) id: NoteId,
    pub(super) version: i64,
    pub(super) created_at: NumericDate,
    pub(super) changed_at: NumericDate,
}

impl Effect {
    pub(super) fn of(row: &SqliteRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: note_id(row)?,
            version: row.try_get("version")?,
            created_at: NumericDate(row.try_get("created_at")?),
            changed_at: NumericDate(row.try_get("changed_at")?),
        })
    }

    /// The note, with the title and text of the request.
    pub(super) fn with(self, draft: Draft) -> Versioned {
        let Self { id, version, created_at, changed_at } = self;
        let Draft { title, text } = draft;
        Versioned { note: Note { id, title, text, created_at, changed_at }, version }
    }
}

impl Change<'_> {
    /// Executes the conditional write.
    pub(super) async fn apply(
        self,
        connection: &mut SqliteConnection,
        owner: UserId,
        id: NoteId,
        now: NumericDate,
    ) -> Result<Result<Effect, Refused>, StoreError> {
        let row = match self {
            Self::Create(draft) => create(connection, owner, id, draft, now).await?,
            Self::Replace(conditions, draft) => {
                replace(connection, owner, id, conditions, draft, now).await?
            }
            Self::Delete(conditions) => delete(connection, owner, id, conditions).await?,
        };
        match row {
            Some(row) => Ok(Ok(Effect::of(&row)?)),
            None => self.why_not(connection, owner, id).await.map(Err),
        }
    }

    /// Finds out why no row was affected. The note may have been changed since; then the reason is that of its
    /// present state.
    async fn why_not(
        self,
        connection: &mut SqliteConnection,
        owner: UserId,
        id: NoteId,
    ) -> Result<Refused, StoreError> {
        let (preconditions, bytes) = match self {
            Self::Create(_) => return Ok(Refused::Full),
            Self::Replace(preconditions, draft) => (preconditions, bytes(draft)),
            Self::Delete(preconditions) => (preconditions, 0),
        };
        let look = sqlx::query(sql::WHY_NOT)
            .bind(owner.as_bytes().as_slice())
            .bind(id.as_bytes().as_slice())
            .bind(bytes)
            .bind(MAX_NOTES_BYTES);
        let Some(row) = look.fetch_optional(connection).await? else {
            return Ok(Refused::NotThere);
        };
        let holds = preconditions.evaluate(Some(row.try_get("version")?)) == Evaluated::True;
        Ok(if holds && row.try_get("is_full")? { Refused::Full } else { Refused::Changed })
    }
}

async fn create(
    connection: &mut SqliteConnection,
    owner: UserId,
    id: NoteId,
    draft: &Draft,
    now: NumericDate,
) -> sqlx::Result<Option<SqliteRow>> {
    let insert = sqlx::query(sql::INSERT)
        .bind(id.as_bytes().as_slice())
        .bind(owner.as_bytes().as_slice())
        .bind(&draft.title)
        .bind(&draft.text)
        .bind(folded(draft))
        .bind(now.0)
        .bind(bytes(draft))
        .bind(MAX_NOTES)
        .bind(MAX_NOTES_BYTES);
    insert.fetch_optional(connection).await
}

async fn replace(
    connection: &mut SqliteConnection,
    owner: UserId,
    id: NoteId,
    preconditions: &Preconditions,
    draft: &Draft,
    now: NumericDate,
) -> sqlx::Result<Option<SqliteRow>> {
    let (one_of, none_of) = lists(preconditions);
    let replace = sqlx::query(sql::REPLACE)
        .bind(owner.as_bytes().as_slice())
        .bind(id.as_bytes().as_slice())
        .bind(one_of)
        .bind(none_of)
        .bind(&draft.title)
        .bind(&draft.text)
        .bind(folded(draft))
        .bind(now.0)
        .bind(bytes(draft))
        .bind(MAX_NOTES_BYTES);
    replace.fetch_optional(connection).await
}

async fn delete(
    connection: &mut SqliteConnection,
    owner: UserId,
    id: NoteId,
    preconditions: &Preconditions,
) -> sqlx::Result<Option<SqliteRow>> {
    let (one_of, none_of) = lists(preconditions);
    let delete = sqlx::query(sql::DELETE)
        .bind(owner.as_bytes().as_slice())
        .bind(id.as_bytes().as_slice())
        .bind(one_of)
        .bind(none_of);
    delete.fetch_optional(connection).await
}

/// The preconditions as JSON lists of versions for the conditional write. `None` for the first matches any version,
/// for the second no version.
fn lists(preconditions: &Preconditions) -> (Option<String>, Option<String>) {
    let json = |versions: &[i64]| serde_json::Value::from(versions).to_string();
    let one_of = match &preconditions.one_of {
        None | Some(Versions::Any) => None,
        Some(Versions::These(versions)) => Some(json(versions)),
    };
    let none_of = match &preconditions.none_of {
        None => Some(json(&[])),
        Some(Versions::These(versions)) => Some(json(versions)),
        Some(Versions::Any) => None,
    };
    (one_of, none_of)
}

fn bytes(draft: &Draft) -> i64 {
    i64::try_from(draft.bytes()).expect("a draft is short")
}

/// The text that a search looks through.
fn folded(draft: &Draft) -> String {
    format!("{}\n{}", draft.title, draft.text).to_lowercase()
}
