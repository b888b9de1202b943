//! Live sessions by the million, which no client could log in for: rows, inserted with SQL of this program's own into
//! tables that Baton has migrated. No cookie belongs to them: they are what a refresh must find its row among.

use anyhow::Result;

use crate::database::{Database, Engine};
use crate::timing::unix_seconds;

/// How many sessions each filled account has.
const SESSIONS_EACH: u64 = 100;
/// They began within so many seconds before now: their ids, UUIDs of version 7, lie in that order.
const SPAN_SECONDS: u64 = 3_600;

/// Adds the sessions with the numbers `from..to`, and their accounts. `from` is a multiple of a hundred.
pub(crate) fn sessions(database: &Database, from: u64, to: u64) -> Result<()> {
    database.execute(&statements(database.engine(), from, to, unix_seconds()))
}

fn statements(engine: Engine, from: u64, to: u64, now: i64) -> String {
    let begun = format!("{now} - {SPAN_SECONDS} + n * {SPAN_SECONDS} / {to}");
    let account = format!("n - n % {SESSIONS_EACH}");
    let (with, numbers, account, id, seed) = match engine {
        Engine::Sqlite => (
            format!(
                "WITH RECURSIVE numbers (n) AS
                 (SELECT {from} UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < {to})"
            ),
            "numbers".to_owned(),
            format!("unhex(printf('%032x', {account}))"),
            format!(
                "unhex(printf('%012x', ({begun}) * 1000) || '7' || substr(hex(randomblob(2)), 1, 3)
                 || '8' || substr(hex(randomblob(8)), 1, 15))"
            ),
            "randomblob(32)",
        ),
        Engine::Postgres => (
            String::new(),
            format!("generate_series({from}::bigint, {to} - 1) AS numbers (n)"),
            format!("decode(lpad(to_hex({account}), 32, '0'), 'hex')"),
            format!(
                "decode(lpad(to_hex(({begun}) * 1000), 12, '0') || '7'
                 || substr(md5(random()::text), 1, 3) || '8' || substr(md5(random()::text), 1, 15), 'hex')"
            ),
            "decode(md5(random()::text) || md5(random()::text), 'hex')",
        ),
    };
    format!(
        "{with} INSERT INTO users (id, email, password_hash, created_at)
         SELECT {account}, 'filled-' || n || '@example.com', '', {now} FROM {numbers}
         WHERE n % {SESSIONS_EACH} = 0;
         {with} INSERT INTO sessions (id, user_id, seed, refresh_key_id, generation, accepted_at,
                                      created_at, authenticated_at)
         SELECT {id}, {account}, {seed}, (SELECT refresh_key_id FROM sessions LIMIT 1), 0, {begun},
                {begun}, {begun} FROM {numbers}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_sqlite_each_account_has_its_live_sessions() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::sqlite(folder.path());
        let Database::Sqlite { file } = &database else { panic!("it is of SQLite") };
        std::fs::File::create(file).expect("a file");
        // The columns that are filled, as Baton's migrations declare them.
        let tables = "CREATE TABLE users (id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
                          email TEXT NOT NULL UNIQUE, password_hash TEXT NOT NULL,
                          created_at INTEGER NOT NULL) STRICT;
                      CREATE TABLE sessions (id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
                          user_id BLOB NOT NULL REFERENCES users (id),
                          seed BLOB NOT NULL CHECK (length(seed) = 32),
                          refresh_key_id TEXT, generation INTEGER NOT NULL,
                          accepted_at INTEGER NOT NULL, created_at INTEGER NOT NULL,
                          authenticated_at INTEGER NOT NULL) STRICT";
        database.execute(tables).expect("tables");
        sessions(&database, 0, 300).expect("rows");
        sessions(&database, 300, 1_000).expect("more rows");
        // A failing constraint makes the statement an error.
        let counted = "CREATE TABLE counted (users INTEGER CHECK (users = 10),
                           sessions INTEGER CHECK (sessions = 1000), most INTEGER CHECK (most = 100));
                       INSERT INTO counted SELECT (SELECT count(*) FROM users),
                           (SELECT count(*) FROM sessions),
                           (SELECT max(own) FROM (SELECT count(*) AS own FROM sessions GROUP BY user_id))";
        database.execute(counted).expect("ten accounts of a hundred sessions each");
    }

    #[test]
    fn on_postgres_the_numbers_come_from_a_series() {
        let text = statements(Engine::Postgres, 100, 200, 1_800_000_000);
        assert!(
            text.contains("FROM generate_series(100::bigint, 200 - 1) AS numbers (n)"),
            "{text}"
        );
        assert!(!text.contains("randomblob"));
    }
}
