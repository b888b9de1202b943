//! Reads an engine's rows into domain values. A value that the schema should make impossible is a named error, not
//! a panic.

use rotation::{Attempt, Family, Generation, Seed, Standing};
use shared::{
    Device, DeviceKind, EventId, EventKind, NumericDate, RevocationReason, SessionId, UserId,
};
use sqlx::{ColumnIndex, Decode, Row, Type};

use super::StoreError;
use super::records::{
    ClientInfo, Event, Failures, HeldLifetime, KeyPurpose, NativeClient, RevokedSession,
    RowVersion, Service, Session, StoredKey, UsedKey, User,
};
use super::schema::Applied;
use crate::auth::account::email::Email;
use crate::lifetimes::Lifetime;

/// The values of our columns, read the same way from every engine's row.
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

/// The id of a session that a statement has revoked.
pub(super) fn revoked_id(row: &dyn Columns) -> Result<SessionId, sqlx::Error> {
    let id = row.bytes("id")?.and_then(|id| id.try_into().ok());
    id.map(SessionId::from_bytes).ok_or_else(|| sqlx::Error::Decode("an id has 16 bytes".into()))
}

pub(super) fn id(row: &dyn Columns) -> Result<[u8; 16], StoreError> {
    exactly(row, "id")
}

pub(super) fn session_id(row: &dyn Columns) -> Result<SessionId, StoreError> {
    Ok(SessionId::from_bytes(exactly(row, "id")?))
}

pub(super) fn version(row: &dyn Columns) -> Result<RowVersion, StoreError> {
    let number = |column| row.number(column)?.ok_or(StoreError::Corrupt { what: column });
    Ok(RowVersion { session: number("session_version")?, user: number("user_version")? })
}

pub(super) fn user(row: &dyn Columns) -> Result<User, StoreError> {
    Ok(User {
        id: UserId::from_bytes(exactly(row, "user_id")?),
        email: Email::from_stored(text(row, "email")?),
        name: row.text("name")?,
        password_hash: text(row, "password_hash")?,
        created_at: date(row, "user_created_at")?,
        disabled_at: row.number("disabled_at")?.map(NumericDate),
    })
}

/// A reason that this version does not know was written by a newer one.
fn reason(row: &dyn Columns, column: &'static str) -> Result<Option<RevocationReason>, StoreError> {
    Ok(row
        .text(column)?
        .map(|name| RevocationReason::named(&name).unwrap_or(RevocationReason::Unknown)))
}

fn client(row: &dyn Columns) -> Result<ClientInfo, StoreError> {
    let address = row.text("address")?.map(|address| {
        address.parse().map_err(|_| StoreError::Corrupt { what: "network address" })
    });
    let device = Device {
        browser: text(row, "browser")?,
        os: text(row, "os")?,
        kind: DeviceKind::named(&text(row, "device_kind")?),
    };
    Ok(ClientInfo { address: address.transpose()?, device })
}

pub(super) fn revoked(row: &dyn Columns) -> Result<RevokedSession, StoreError> {
    Ok(RevokedSession {
        session: SessionId::from_bytes(exactly(row, "id")?),
        reason: reason(row, "revoked_because")?.unwrap_or(RevocationReason::Unknown),
        at: date(row, "revoked_at")?,
    })
}

/// When a session was revoked, and its id.
pub(super) fn revoked_at(row: &dyn Columns) -> Result<(NumericDate, [u8; 16]), StoreError> {
    Ok((date(row, "revoked_at")?, exactly(row, "id")?))
}

pub(super) fn refreshed_at(row: &dyn Columns) -> Result<NumericDate, StoreError> {
    date(row, "refreshed_at")
}

pub(super) fn revoked_count(row: &dyn Columns) -> Result<(NumericDate, u64), StoreError> {
    let sessions = row.number("sessions")?.and_then(|count| u64::try_from(count).ok());
    let sessions = sessions.ok_or(StoreError::Corrupt { what: "count of sessions" })?;
    Ok((date(row, "revoked_at")?, sessions))
}

pub(super) fn used_key(row: &dyn Columns) -> Result<UsedKey, StoreError> {
    let session = row.bytes("session_id")?.and_then(|bytes| bytes.try_into().ok());
    Ok(UsedKey {
        key_hash: exactly(row, "key_hash")?,
        request_hash: exactly(row, "request_hash")?,
        user: UserId::from_bytes(exactly(row, "user_id")?),
        session: session.map(SessionId::from_bytes),
        at: date(row, "used_at")?,
        makes_room: false,
    })
}

pub(super) fn event(row: &dyn Columns) -> Result<Event, StoreError> {
    let id = |column| row.bytes(column).map(|bytes| bytes.and_then(|bytes| bytes.try_into().ok()));
    Ok(Event {
        id: EventId::from_bytes(exactly(row, "id")?),
        kind: EventKind::named(&text(row, "kind")?).unwrap_or(EventKind::Unknown),
        at: date(row, "at")?,
        user: id("user_id")?.map(UserId::from_bytes),
        session: id("session_id")?.map(SessionId::from_bytes),
        reason: reason(row, "cause")?,
        client: client(row)?,
    })
}

pub(super) fn key(row: &dyn Columns) -> Result<StoredKey, StoreError> {
    let purpose = match text(row, "purpose")?.as_str() {
        "access" => KeyPurpose::Access,
        "refresh" => KeyPurpose::Refresh,
        _ => return Err(StoreError::Corrupt { what: "purpose of a key" }),
    };
    let sealed = row.bytes("sealed")?.ok_or(StoreError::Corrupt { what: "sealed key" })?;
    Ok(StoredKey {
        kid: text(row, "kid")?,
        purpose,
        predecessor: text(row, "predecessor")?,
        sealed: sealed.to_vec(),
        published_at: date(row, "published_at")?,
        signs_from: date(row, "signs_from")?,
        revoked_at: row.number("retired_at")?.map(NumericDate),
    })
}

/// `None`: a setting that a newer version has stored.
pub(super) fn lifetime(row: &dyn Columns) -> Result<Option<HeldLifetime>, StoreError> {
    let setting = Lifetime::named(&text(row, "setting")?);
    let seconds = row.number("seconds")?.ok_or(StoreError::Corrupt { what: "lifetime" })?;
    let held_until = date(row, "held_until")?;
    Ok(setting.map(|setting| HeldLifetime { setting, seconds, held_until }))
}

pub(super) fn service(row: &dyn Columns) -> Result<Service, StoreError> {
    Ok(Service {
        id: text(row, "id")?,
        audience: text(row, "audience")?,
        secret_hash: exactly(row, "secret_hash")?,
        created_at: date(row, "created_at")?,
    })
}

pub(super) fn native_client(row: &dyn Columns) -> Result<NativeClient, StoreError> {
    Ok(NativeClient {
        id: text(row, "id")?,
        name: row.text("name")?,
        created_at: date(row, "created_at")?,
    })
}

pub(super) fn applied(row: &dyn Columns) -> Result<Applied, StoreError> {
    let what = "applied migration";
    let checksum = row.bytes("checksum")?.ok_or(StoreError::Corrupt { what })?;
    Ok(Applied {
        version: row.number("version")?.ok_or(StoreError::Corrupt { what })?,
        description: text(row, "description")?,
        checksum: checksum.to_vec(),
        is_done: row.number("is_done")? == Some(1),
    })
}

pub(super) fn failures(row: &dyn Columns) -> Result<Failures, StoreError> {
    let count = row.number("failures")?.and_then(|count| u32::try_from(count).ok());
    let count = count.ok_or(StoreError::Corrupt { what: "count of failures" })?;
    Ok(Failures { count, last_at: date(row, "last_at")? })
}

pub(super) fn session(row: &dyn Columns) -> Result<Session, StoreError> {
    Ok(Session {
        id: SessionId::from_bytes(exactly(row, "id")?),
        user: UserId::from_bytes(exactly(row, "user_id")?),
        seed: Seed::from_bytes(exactly(row, "seed")?),
        refresh_key_id: text(row, "refresh_key_id")?,
        authenticated_at: date(row, "authenticated_at")?,
        step_up_required_at: row.number("wanted_at")?.map(NumericDate),
        client: client(row)?,
        client_id: row.text("client_id")?,
        family: Family {
            generation: generation(row)?,
            attempt: attempt(row, "attempt")?,
            previous_attempt: attempt(row, "previous_attempt")?,
            accepted_at: date(row, "accepted_at")?,
            created_at: date(row, "created_at")?,
            standing: standing(row)?,
        },
    })
}

/// The schema's CHECK demands both columns or neither. An instant alone would still revoke, as in [`revoked`].
fn standing(row: &dyn Columns) -> Result<Standing<RevocationReason>, StoreError> {
    match (row.number("revoked_at")?, reason(row, "revoked_because")?) {
        (None, None) => Ok(Standing::Live),
        (Some(_), reason) => Ok(Standing::Revoked(reason.unwrap_or(RevocationReason::Unknown))),
        (None, Some(_)) => Err(StoreError::Corrupt { what: "revocation of a session" }),
    }
}

fn text(row: &dyn Columns, column: &'static str) -> Result<String, StoreError> {
    row.text(column)?.ok_or(StoreError::Corrupt { what: column })
}

fn date(row: &dyn Columns, column: &'static str) -> Result<NumericDate, StoreError> {
    row.number(column)?.map(NumericDate).ok_or(StoreError::Corrupt { what: column })
}

fn generation(row: &dyn Columns) -> Result<Generation, StoreError> {
    row.number("generation")?
        .and_then(|stored| u32::try_from(stored).ok())
        .map(Generation)
        .ok_or(StoreError::Corrupt { what: "generation of a session" })
}

fn attempt(row: &dyn Columns, column: &'static str) -> Result<Option<Attempt>, StoreError> {
    row.bytes(column)?
        .map(|hash| {
            hash.try_into()
                .map(Attempt::from_hash)
                .map_err(|_| StoreError::Corrupt { what: column })
        })
        .transpose()
}

fn exactly<const N: usize>(row: &dyn Columns, column: &'static str) -> Result<[u8; N], StoreError> {
    row.bytes(column)?
        .and_then(|stored| stored.try_into().ok())
        .ok_or(StoreError::Corrupt { what: column })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The two columns of a revocation.
    struct Revocation(Option<i64>, Option<&'static str>);

    impl Columns for Revocation {
        fn number(&self, column: &'static str) -> Result<Option<i64>, sqlx::Error> {
            assert_eq!(column, "revoked_at");
            Ok(self.0)
        }

        fn text(&self, column: &'static str) -> Result<Option<String>, sqlx::Error> {
            assert_eq!(column, "revoked_because");
            Ok(self.1.map(str::to_owned))
        }

        fn bytes(&self, column: &'static str) -> Result<Option<&[u8]>, sqlx::Error> {
            Err(sqlx::Error::ColumnNotFound(column.to_owned()))
        }
    }

    #[test]
    fn the_two_columns_of_a_revocation_are_read_as_one_state() {
        let revoked = |reason| Some(Standing::Revoked(reason));
        let table = [
            (None, None, Some(Standing::Live)),
            (Some(1), Some("logout"), revoked(RevocationReason::Logout)),
            (Some(0), Some("replay"), revoked(RevocationReason::Replay)),
            (Some(1), Some("newer"), revoked(RevocationReason::Unknown)),
            (Some(1), None, revoked(RevocationReason::Unknown)),
            (None, Some("logout"), None),
            (None, Some("newer"), None),
        ];
        for (at, because, expected) in table {
            let read = match standing(&Revocation(at, because)) {
                Ok(standing) => Some(standing),
                Err(StoreError::Corrupt { what: "revocation of a session" }) => None,
                Err(error) => panic!("{at:?}, {because:?}: {error}"),
            };
            assert_eq!(read, expected, "{at:?}, {because:?}");
        }
    }
}
