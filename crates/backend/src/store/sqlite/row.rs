//! From SQLite's rows to domain values. It must not query; what the schema should make impossible is
//! a named error, not a panic.

use rotation::{Attempt, Family, Generation, Seed, Standing};
use shared::{NumericDate, SessionId, UserId};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use crate::auth::email::Email;
use crate::store::{Session, StoreError, User};

pub(super) fn user(row: &SqliteRow) -> Result<User, StoreError> {
    Ok(User {
        id: UserId::from_bytes(exactly(row, "user_id")?),
        email: Email::from_stored(row.try_get("email")?),
        name: row.try_get("name")?,
        password_hash: row.try_get("password_hash")?,
        created_at: NumericDate(row.try_get("user_created_at")?),
        disabled_at: row.try_get::<Option<i64>, _>("disabled_at")?.map(NumericDate),
    })
}

pub(super) fn session(row: &SqliteRow) -> Result<Session, StoreError> {
    let revoked_at: Option<i64> = row.try_get("revoked_at")?;
    Ok(Session {
        id: SessionId::from_bytes(exactly(row, "id")?),
        user: UserId::from_bytes(exactly(row, "user_id")?),
        seed: Seed::from_bytes(exactly(row, "seed")?),
        refresh_key_id: row.try_get("refresh_key_id")?,
        family: Family {
            generation: generation(row)?,
            attempt: attempt(row, "attempt")?,
            previous_attempt: attempt(row, "previous_attempt")?,
            accepted_at: NumericDate(row.try_get("accepted_at")?),
            created_at: NumericDate(row.try_get("created_at")?),
            standing: if revoked_at.is_some() { Standing::Revoked } else { Standing::Live },
        },
    })
}

fn generation(row: &SqliteRow) -> Result<Generation, StoreError> {
    let stored: i64 = row.try_get("generation")?;
    u32::try_from(stored)
        .map(Generation)
        .map_err(|_| StoreError::Corrupt { what: "generation of a session" })
}

fn attempt(row: &SqliteRow, column: &'static str) -> Result<Option<Attempt>, StoreError> {
    let stored: Option<&[u8]> = row.try_get(column)?;
    stored
        .map(|hash| {
            hash.try_into()
                .map(Attempt::from_hash)
                .map_err(|_| StoreError::Corrupt { what: column })
        })
        .transpose()
}

fn exactly<const N: usize>(row: &SqliteRow, column: &'static str) -> Result<[u8; N], StoreError> {
    let stored: &[u8] = row.try_get(column)?;
    stored.try_into().map_err(|_| StoreError::Corrupt { what: column })
}
