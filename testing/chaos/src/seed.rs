//! Sessions by the ten thousand without a client: what a service has after some weeks, and what no scenario has the
//! time to log in for. Inserted with SQL of the suite's own, before any measurement.

use anyhow::Result;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

use crate::database::Database;

macro_rules! insert_users {
    () => {
        "INSERT INTO users (id, email, password_hash, created_at)"
    };
}
pub(crate) use insert_users;

macro_rules! insert_sessions {
    () => {
        "INSERT INTO sessions (id, user_id, seed, refresh_key_id, generation, accepted_at, created_at, authenticated_at)"
    };
}

/// One user for ten sessions.
const USERS_IN_SQLITE: &str = concat!(
    "
    WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < $1 / 10)
    ",
    insert_users!(),
    "
    SELECT unhex(printf('%032x', i)), 'seed-' || i || '@example.com', '', 0 FROM n"
);

/// Live sessions like `$2`, created one after the other in the week before it. Ids are UUIDs of version 7: six bytes
/// of milliseconds, then random.
const SESSIONS_IN_SQLITE: &str = concat!(
    "
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
    ",
    insert_sessions!(),
    "
    SELECT unhex(printf('%012x', (created_at - i * 600000 / $1) * 1000) || hex(randomblob(10))),
           unhex(printf('%032x', i % ($1 / 10))), randomblob(32), refresh_key_id, 0, accepted_at,
           created_at - i * 600000 / $1, authenticated_at
    FROM n, (SELECT * FROM sessions WHERE id = $2)"
);

const USERS_IN_POSTGRES: &str = concat!(
    "
    ",
    insert_users!(),
    "
    SELECT decode(lpad(to_hex(i), 32, '0'), 'hex'), 'seed-' || i || '@example.com', '', 0
    FROM generate_series(0, $1 / 10) AS n (i)"
);

const SESSIONS_IN_POSTGRES: &str = concat!(
    "
    ",
    insert_sessions!(),
    "
    SELECT decode(lpad(to_hex((created_at - i * 600000 / $1) * 1000), 12, '0'), 'hex')
               || substr(uuid_send(gen_random_uuid()), 7),
           decode(lpad(to_hex(i % ($1 / 10)), 32, '0'), 'hex'),
           uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), refresh_key_id, 0, accepted_at,
           created_at - i * 600000 / $1, authenticated_at
    FROM generate_series(1, $1) AS n (i), (SELECT * FROM sessions WHERE id = $2) AS s"
);

impl Database {
    /// Adds `many` sessions like this one, of other users.
    pub(crate) async fn add_sessions(&self, many: i64, like: [u8; 16]) -> Result<()> {
        match self {
            Self::Sqlite { file } | Self::SqliteElsewhere { seen: file, .. } => {
                let options = SqliteConnectOptions::new().filename(file);
                let mut connection = options.connect().await?;
                sqlx::query(USERS_IN_SQLITE).bind(many).execute(&mut connection).await?;
                let sessions = sqlx::query(SESSIONS_IN_SQLITE).bind(many).bind(like.to_vec());
                sessions.execute(&mut connection).await?;
                connection.close().await?;
            }
            Self::Postgres { cluster, name } => {
                let mut connection = cluster.connect(name).await?;
                sqlx::query(USERS_IN_POSTGRES).bind(many).execute(&mut connection).await?;
                let sessions = sqlx::query(SESSIONS_IN_POSTGRES).bind(many).bind(like.to_vec());
                sessions.execute(&mut connection).await?;
                sqlx::raw_sql("ANALYZE").execute(&mut connection).await?;
                connection.close().await?;
            }
        }
        Ok(())
    }

    /// The result of a `count` query.
    pub(crate) async fn count(&self, query: &'static str) -> Result<i64> {
        match self {
            Self::Sqlite { file } | Self::SqliteElsewhere { seen: file, .. } => {
                let options = SqliteConnectOptions::new().filename(file).read_only(true);
                let mut connection = options.connect().await?;
                let number = sqlx::query_scalar(query).fetch_one(&mut connection).await?;
                connection.close().await?;
                Ok(number)
            }
            Self::Postgres { cluster, name } => {
                let mut connection = cluster.connect(name).await?;
                let number = sqlx::query_scalar(query).fetch_one(&mut connection).await?;
                connection.close().await?;
                Ok(number)
            }
        }
    }
}
