//! What can be asked of the writer, and the statements each change is made of. It must not know about
//! groups, waiting or flushing, beyond saying what must last; that is [`writer`](super::writer).

use shared::{NumericDate, SessionId, UserId};
use sqlx::{Connection as _, Executor as _, Sqlite, SqliteConnection};

use crate::store::{Accepted, EndCause, PruneBefore, Session, User, hash_of, sql};

/// A change, owned: it is carried out even if whoever asked is gone.
pub(super) enum Change {
    /// A new user and their first session, both or neither.
    Register(Box<User>, Box<Session>),
    OpenSession(Box<Session>),
    Accept(SessionId, Accepted),
    Revoke(SessionId, EndCause, NumericDate),
    Rehash {
        user: UserId,
        seen: String,
        hash: String,
    },
    Prune(PruneBefore),
    /// Takes the write lock and lets go of it: shows that one could write.
    Nothing,
    /// Shows what becomes of everybody else.
    #[cfg(test)]
    Panic,
}

impl Change {
    /// Whether it must be on the disk before it is answered. A rotation need not: the client's next
    /// ticket is ahead of a row that lost it, and is accepted (docs/design/rotation.md).
    pub(super) const fn must_last(&self) -> bool {
        !matches!(self, Self::Accept(..) | Self::Nothing)
    }

    /// Executes it; how many rows it changed, which for [`Change::Register`] is how many users.
    pub(super) async fn apply(&self, connection: &mut SqliteConnection) -> sqlx::Result<u64> {
        match self {
            Self::Register(user, session) => register(connection, user, session).await,
            Self::OpenSession(session) => open_session(connection, session).await,
            Self::Accept(id, accepted) => accept(connection, *id, accepted).await,
            Self::Revoke(id, cause, now) => {
                let revoke = sqlx::query(sql::REVOKE).bind(id.as_bytes().as_slice());
                rows(connection, revoke.bind(now.0).bind(cause.as_str())).await
            }
            Self::Rehash { user, seen, hash } => {
                let rehash = sqlx::query(sql::REHASH_PASSWORD).bind(user.as_bytes().as_slice());
                rows(connection, rehash.bind(seen).bind(hash)).await
            }
            Self::Prune(before) => {
                let prune = sqlx::query(sql::PRUNE).bind(before.created_at.0);
                rows(connection, prune.bind(before.accepted_at.0).bind(before.revoked_at.0)).await
            }
            Self::Nothing => Ok(0),
            #[cfg(test)]
            Self::Panic => panic!("as a test asked"),
        }
    }
}

/// Two statements, so it has a savepoint: SQLite undoes one failing statement by itself, but not the
/// one before it.
async fn register(
    connection: &mut SqliteConnection,
    user: &User,
    session: &Session,
) -> sqlx::Result<u64> {
    let mut savepoint = connection.begin().await?;
    let add = sqlx::query(sql::ADD_USER)
        .bind(user.id.as_bytes().as_slice())
        .bind(user.email.as_str())
        .bind(user.name.as_deref())
        .bind(&user.password_hash)
        .bind(user.created_at.0);
    let added = rows(&mut savepoint, add).await?;
    if added == 1 {
        open_session(&mut savepoint, session).await?;
    }
    savepoint.commit().await?;
    Ok(added)
}

async fn open_session(connection: &mut SqliteConnection, session: &Session) -> sqlx::Result<u64> {
    let open = sqlx::query(sql::OPEN_SESSION)
        .bind(session.id.as_bytes().as_slice())
        .bind(session.user.as_bytes().as_slice())
        .bind(session.seed.as_bytes().as_slice())
        .bind(&session.refresh_key_id)
        .bind(i64::from(session.family.generation.0))
        .bind(session.family.accepted_at.0)
        .bind(session.family.created_at.0);
    rows(connection, open).await
}

async fn accept(
    connection: &mut SqliteConnection,
    id: SessionId,
    Accepted { seen, family }: &Accepted,
) -> sqlx::Result<u64> {
    let accept = sqlx::query(sql::ACCEPT)
        .bind(id.as_bytes().as_slice())
        .bind(i64::from(seen.0))
        .bind(i64::from(family.generation.0))
        .bind(hash_of(family.attempt.as_ref()))
        .bind(hash_of(family.previous_attempt.as_ref()))
        .bind(family.accepted_at.0);
    rows(connection, accept).await
}

async fn rows<'q>(
    connection: &mut SqliteConnection,
    statement: impl sqlx::Execute<'q, Sqlite> + 'q,
) -> sqlx::Result<u64> {
    Ok(connection.execute(statement).await?.rows_affected())
}
