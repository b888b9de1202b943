//! Bulk rows by the million, which no client could create in time: inserted with SQL of the suite's own into tables
//! that the program has migrated. Ids are UUIDs of version 7, as the program's are. Existing rows are changed in one
//! way only: sessions are revoked, as an administrator may.

use std::path::Path;

use anyhow::Result;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _};

use crate::database::Database;
use crate::seed::insert_users;
use crate::timing::{STEP_TIMEOUT, Stopwatch, pause, unix_seconds};

/// Events are spread over so many days, up to a day ago; the retention of routine events is seven.
const DAYS: i64 = 14;
const DAY: i64 = 86_400;
const HOUR: i64 = 3_600;
/// The number of accounts that share the rows.
const ACCOUNTS: u64 = 20_000;

/// Events of many accounts: nine of ten are routine refreshes, as servers before 0.2 recorded them.
pub(crate) async fn events(database: &Database, count: u64) -> Result<()> {
    let (begin, span) = (unix_seconds() - (DAYS + 1) * DAY, DAYS * DAY);
    let at = format!("{begin} + n * {span} / {count}");
    let columns = "id, user_id, kind, at, browser, os, device_kind";
    let kind = "CASE WHEN n % 10 = 0 THEN 'logged_in' ELSE 'refreshed' END";
    let values = |id: &str, account: &str| {
        format!(
            "INSERT INTO events ({columns})
             SELECT {id}, {account}, {kind}, {at}, 'Firefox', 'Linux', 'desktop'"
        )
    };
    match database {
        Database::Postgres { .. } => {
            let insert = values(&uuid_on_postgres(&at), &account_on_postgres("n * 7919"));
            on_postgres(
                database,
                &format!("{insert} FROM generate_series(0::bigint, {count} - 1) AS n"),
            )
            .await
        }
        _ => {
            let insert = values(&uuid_on_sqlite(&at), &account_on_sqlite("n * 7919"));
            on_sqlite(database, &format!("{} {insert} FROM numbers", numbers(count))).await
        }
    }
}

/// Events of one kind of one account, one per second, up to now.
pub(crate) async fn events_of(
    database: &Database,
    user: [u8; 16],
    kind: &str,
    count: u64,
) -> Result<()> {
    let at = format!("{} - {count} + n", unix_seconds());
    let user: String = user.iter().map(|byte| format!("{byte:02x}")).collect();
    let columns = "id, user_id, kind, at, browser, os, device_kind";
    let values = |id: &str, user: &str| {
        format!(
            "INSERT INTO events ({columns})
             SELECT {id}, {user}, '{kind}', {at}, 'Firefox', 'Linux', 'desktop'"
        )
    };
    match database {
        Database::Postgres { .. } => {
            let insert = values(&uuid_on_postgres(&at), &format!("decode('{user}', 'hex')"));
            let numbers = format!("generate_series(0::bigint, {count} - 1) AS n");
            on_postgres(database, &format!("{insert} FROM {numbers}")).await
        }
        _ => {
            let insert = values(&uuid_on_sqlite(&at), &format!("unhex('{user}')"));
            on_sqlite(database, &format!("{} {insert} FROM numbers", numbers(count))).await
        }
    }
}

/// Sessions of many accounts, begun one after the other in the hour that began `days_ago`, and not refreshed since: as
/// on a server, rows and ids (UUIDs of version 7) lie in one order.
pub(crate) async fn sessions(database: &Database, count: u64, days_ago: i64) -> Result<()> {
    let begun = unix_seconds() - days_ago * DAY;
    let users = insert_users!();
    let columns = "id, user_id, seed, refresh_key_id, generation, accepted_at, created_at";
    let at = format!("{begun} + n * {HOUR} / {count}");
    match database {
        Database::Postgres { .. } => {
            let account = account_on_postgres("n");
            on_postgres(
                database,
                &format!(
                    "{users} SELECT {account}, 'filled-' || n, '', {begun}
                     FROM generate_series(0::bigint, {ACCOUNTS} - 1) AS n ON CONFLICT DO NOTHING;
                     INSERT INTO sessions ({columns})
                     SELECT {id}, {account},
                            decode(repeat(md5(n::text), 2), 'hex'), 'key-of-the-suite', 0, {at}, {at}
                     FROM generate_series(0::bigint, {count} - 1) AS n",
                    id = uuid_on_postgres(&at),
                ),
            )
            .await
        }
        _ => {
            let account = account_on_sqlite("n");
            let (accounts, all) = (numbers(ACCOUNTS), numbers(count));
            on_sqlite(
                database,
                &format!(
                    "{accounts} {users} SELECT {account}, 'filled-' || n, '', {begun} FROM numbers
                     WHERE true ON CONFLICT DO NOTHING;
                     {all} INSERT INTO sessions ({columns})
                     SELECT {id}, {account},
                            randomblob(32), 'key-of-the-suite', 0, {at}, {at} FROM numbers",
                    id = uuid_on_sqlite(&at),
                ),
            )
            .await
        }
    }
}

/// UUID version 7 (RFC 9562 section 5.7).
fn uuid_on_postgres(at: &str) -> String {
    format!(
        "decode(lpad(to_hex(({at})::bigint * 1000), 12, '0') || '7' || substr(md5(random()::text), 1, 3)
         || '8' || substr(md5(random()::text), 1, 15), 'hex')"
    )
}

fn uuid_on_sqlite(at: &str) -> String {
    format!(
        "unhex(printf('%012x', ({at}) * 1000) || '7' || substr(hex(randomblob(2)), 1, 3)
         || '8' || substr(hex(randomblob(8)), 1, 15))"
    )
}

/// The id of an account.
fn account_on_postgres(number: &str) -> String {
    format!("decode(lpad(to_hex({number} % {ACCOUNTS}), 32, '0'), 'hex')")
}

fn account_on_sqlite(number: &str) -> String {
    format!("unhex(printf('%032x', {number} % {ACCOUNTS}))")
}

fn numbers(count: u64) -> String {
    format!(
        "WITH RECURSIVE numbers (n) AS
         (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < {count})"
    )
}

async fn on_postgres(database: &Database, statements: &str) -> Result<()> {
    let Database::Postgres { cluster, name } = database else { return Ok(()) };
    let mut connection = cluster.connect(name).await?;
    sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut connection).await?;
    for tidy in ["ANALYZE", "CHECKPOINT"] {
        sqlx::raw_sql(AssertSqlSafe(tidy)).execute(&mut connection).await?;
    }
    Ok(connection.close().await?)
}

async fn on_sqlite(database: &Database, statements: &str) -> Result<()> {
    let Database::Sqlite { file } = database else { anyhow::bail!("the file is elsewhere") };
    let options = SqliteConnectOptions::new().filename(file).foreign_keys(true);
    // A cache of a gigabyte and no `fsync`: a crash here loses no data that matters.
    let options = options.pragma("cache_size", "-1000000").pragma("synchronous", "OFF");
    let mut connection = options.connect().await?;
    let transaction = format!("BEGIN IMMEDIATE; {statements}; COMMIT");
    sqlx::raw_sql(AssertSqlSafe(transaction)).execute(&mut connection).await?;
    sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut connection).await?;
    connection.close().await?;
    // Dirty pages would be flushed during the measurement otherwise.
    Ok(std::fs::File::open(file)?.sync_all()?)
}

/// How many sessions each transaction revokes on SQLite.
const PART: u32 = 1_000;

impl Database {
    /// Revokes all sessions but `spared`, as an administrator does at the database's console; how many.
    pub(crate) async fn revoke_all_but(&self, spared: &[[u8; 16]]) -> Result<u64> {
        let hexadecimal = |id: &[u8; 16]| id.iter().map(|byte| format!("{byte:02x}")).collect();
        let spared: Vec<String> = spared.iter().map(hexadecimal).collect();
        match self {
            Self::Postgres { cluster, name } => {
                let ids: Vec<_> =
                    spared.iter().map(|id| format!("decode('{id}', 'hex')")).collect();
                let revoke = format!(
                    "UPDATE sessions SET revoked_at = floor(extract(epoch FROM clock_timestamp())),
                                         revoked_because = 'administrator'
                     WHERE revoked_at IS NULL AND id NOT IN ({})",
                    ids.join(", ")
                );
                let mut connection = cluster.connect(name).await?;
                let revoked = sqlx::query(AssertSqlSafe(revoke)).execute(&mut connection).await?;
                connection.close().await?;
                Ok(revoked.rows_affected())
            }
            Self::Sqlite { file } => {
                let ids: Vec<_> = spared.iter().map(|id| format!("x'{id}'")).collect();
                revoke_in_parts(file, &ids.join(", ")).await
            }
            Self::SqliteElsewhere { .. } => anyhow::bail!("the file is elsewhere"),
        }
    }
}

/// Pauses after each transaction for as long as it took, so that other writers get their turn.
async fn revoke_in_parts(file: &Path, spared: &str) -> Result<u64> {
    let options = SqliteConnectOptions::new().filename(file).busy_timeout(STEP_TIMEOUT);
    let mut connection = options.connect().await?;
    let revoke = format!(
        "UPDATE sessions SET revoked_at = unixepoch(), revoked_because = 'administrator'
         WHERE id IN (
             SELECT id FROM sessions
             WHERE id > $1 AND revoked_at IS NULL AND id NOT IN ({spared}) ORDER BY id LIMIT {PART}
         ) RETURNING id"
    );
    let (mut last, mut revoked) = (Vec::new(), 0);
    loop {
        let stopwatch = Stopwatch::start();
        let part = sqlx::query(AssertSqlSafe(revoke.clone())).bind(&last);
        let part = part.fetch_all(&mut connection).await?;
        let ids = part.iter().map(|row| row.try_get::<Vec<u8>, _>(0));
        let Some(highest) = ids.collect::<Result<Vec<_>, _>>()?.into_iter().max() else { break };
        (last, revoked) = (highest, revoked + part.len() as u64);
        pause(stopwatch.elapsed()).await;
    }
    connection.close().await?;
    Ok(revoked)
}
