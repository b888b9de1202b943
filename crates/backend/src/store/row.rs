//! From an engine's rows to domain values. It must not query; what the schema should make impossible
//! is a named error, not a panic.

use rotation::{Attempt, Family, Generation, Seed, Standing};
use shared::{NumericDate, SessionId, UserId};
use sqlx::{ColumnIndex, Decode, Row, Type};

use super::{Session, StoreError, User};
use crate::auth::email::Email;

/// What our columns hold, read the same way from every engine's row.
pub(super) trait Columns {
    /// BIGINT, or SQLite's INTEGER.
    fn number(&self, column: &'static str) -> Result<Option<i64>, sqlx::Error>;
    /// TEXT.
    fn text(&self, column: &'static str) -> Result<Option<String>, sqlx::Error>;
    /// BYTEA, or SQLite's BLOB.
    fn bytes(&self, column: &'static str) -> Result<Option<&[u8]>, sqlx::Error>;
}

impl<R: Row> Columns for R
where
    for<'r> i64: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> String: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> &'r [u8]: Decode<'r, R::Database> + Type<R::Database>,
    for<'c> &'c str: ColumnIndex<R>,
{
    fn number(&self, column: &'static str) -> Result<Option<i64>, sqlx::Error> {
        self.try_get(column)
    }

    fn text(&self, column: &'static str) -> Result<Option<String>, sqlx::Error> {
        self.try_get(column)
    }

    fn bytes(&self, column: &'static str) -> Result<Option<&[u8]>, sqlx::Error> {
        self.try_get(column)
    }
}

pub(super) fn user(row: &impl Columns) -> Result<User, StoreError> {
    Ok(User {
        id: UserId::from_bytes(exactly(row, "user_id")?),
        email: Email::from_stored(text(row, "email")?),
        name: row.text("name")?,
        password_hash: text(row, "password_hash")?,
        created_at: date(row, "user_created_at")?,
        disabled_at: row.number("disabled_at")?.map(NumericDate),
    })
}

pub(super) fn session(row: &impl Columns) -> Result<Session, StoreError> {
    let revoked_at = row.number("revoked_at")?;
    Ok(Session {
        id: SessionId::from_bytes(exactly(row, "id")?),
        user: UserId::from_bytes(exactly(row, "user_id")?),
        seed: Seed::from_bytes(exactly(row, "seed")?),
        refresh_key_id: text(row, "refresh_key_id")?,
        family: Family {
            generation: generation(row)?,
            attempt: attempt(row, "attempt")?,
            previous_attempt: attempt(row, "previous_attempt")?,
            accepted_at: date(row, "accepted_at")?,
            created_at: date(row, "created_at")?,
            standing: if revoked_at.is_some() { Standing::Revoked } else { Standing::Live },
        },
    })
}

fn text(row: &impl Columns, column: &'static str) -> Result<String, StoreError> {
    row.text(column)?.ok_or(StoreError::Corrupt { what: column })
}

fn date(row: &impl Columns, column: &'static str) -> Result<NumericDate, StoreError> {
    row.number(column)?.map(NumericDate).ok_or(StoreError::Corrupt { what: column })
}

fn generation(row: &impl Columns) -> Result<Generation, StoreError> {
    row.number("generation")?
        .and_then(|stored| u32::try_from(stored).ok())
        .map(Generation)
        .ok_or(StoreError::Corrupt { what: "generation of a session" })
}

fn attempt(row: &impl Columns, column: &'static str) -> Result<Option<Attempt>, StoreError> {
    row.bytes(column)?
        .map(|hash| {
            hash.try_into()
                .map(Attempt::from_hash)
                .map_err(|_| StoreError::Corrupt { what: column })
        })
        .transpose()
}

fn exactly<const N: usize>(
    row: &impl Columns,
    column: &'static str,
) -> Result<[u8; N], StoreError> {
    row.bytes(column)?
        .and_then(|stored| stored.try_into().ok())
        .ok_or(StoreError::Corrupt { what: column })
}
