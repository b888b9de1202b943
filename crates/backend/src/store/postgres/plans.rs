//! How PostgreSQL finds the rows of what a user can ask for: by the index that is made for it, whatever its statistics say.
//! It must not judge by time.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};

use super::migrations;
use crate::store::sql;

/// One account has all events, of one kind, and all sessions ended in one second; of another account, kind or second
/// there is nothing. For statistics this is as bad as it can be.
const ONE_OF_ALL: &str = "
    INSERT INTO users (id, email, password_hash, created_at)
    VALUES (decode(repeat('ab', 16), 'hex'), 'hog@example.com', '', 1);
    INSERT INTO events (id, user_id, kind, at, browser, os, device_kind)
    SELECT decode(md5(n::text), 'hex'), decode(repeat('ab', 16), 'hex'), 'name_changed', n, '', '', ''
    FROM generate_series(1, 5000) AS n;
    INSERT INTO sessions (id, user_id, seed, refresh_key_id, generation, accepted_at, created_at, revoked_at, revoked_because)
    SELECT decode(md5(n::text), 'hex'), decode(repeat('ab', 16), 'hex'), decode(repeat('cd', 32), 'hex'), 'k', 1, 1, 1, 7, 'logout'
    FROM generate_series(1, 5000) AS n;
    ANALYZE";

/// In a schema that nobody else sees, and that goes with the transaction. `None` if PostgreSQL was left out on purpose.
#[expect(clippy::disallowed_methods, reason = "the tests' runner says where its cluster is")]
async fn database() -> Option<PgConnection> {
    let url = std::env::var("BATON_TEST_POSTGRES").expect("`cargo xtask test` sets it");
    if url == "none" {
        return None;
    }
    let mut connection = PgConnection::connect(&url).await.expect("a PostgreSQL");
    for statement in ["BEGIN", "CREATE SCHEMA plans", "SET LOCAL search_path = plans"] {
        sqlx::raw_sql(statement).execute(&mut connection).await.expect("a schema");
    }
    for migration in migrations::MIGRATOR.iter() {
        sqlx::raw_sql(migration.sql.clone()).execute(&mut connection).await.expect("a migration");
    }
    sqlx::raw_sql(ONE_OF_ALL).execute(&mut connection).await.expect("rows");
    Some(connection)
}

/// The plans of a statement with these values: the one for them alone, and the one for any values.
async fn plans(connection: &mut PgConnection, statement: &str, values: &str) -> Vec<String> {
    let mut plans = Vec::new();
    for mode in ["force_custom_plan", "force_generic_plan"] {
        let prepare = format!("SET LOCAL plan_cache_mode = {mode}; PREPARE asked AS {statement}");
        sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut *connection).await.expect("a statement");
        let explain = AssertSqlSafe(format!("EXPLAIN EXECUTE asked({values})"));
        let lines = sqlx::raw_sql(explain).fetch_all(&mut *connection).await.expect("a plan");
        let lines: Vec<String> = lines.iter().map(|line| line.get(0)).collect();
        plans.push(lines.join("\n"));
        sqlx::raw_sql("DEALLOCATE asked").execute(&mut *connection).await.expect("it is there");
    }
    plans
}

#[tokio::test]
async fn what_a_user_asks_for_is_found_by_its_index_whatever_the_statistics_say() {
    let Some(mut connection) = database().await else { return };
    let (hog, last) = (format!("'\\x{}'", "ab".repeat(16)), format!("'\\x{}'", "ff".repeat(16)));
    let first = format!("'\\x{}'", "00".repeat(16));
    for (statement, values, index, table) in [
        (
            sql::EVENTS_OF_KINDS_POSTGRES,
            format!(r#"{hog}, '["limited"]', {last}, 51"#),
            "events_of_kind",
            "events",
        ),
        (sql::TRIM_EVENTS, format!("{hog}, 'limited', 1000"), "events_of_kind", "events"),
        (
            sql::ENDED_IN_POSTGRES,
            format!("8, {first}, 1000"),
            "sessions_ended_in_order",
            "sessions",
        ),
    ] {
        for plan in plans(&mut connection, statement, &values).await {
            assert!(plan.contains(&format!("using {index} on {table}")), "{statement}\n{plan}");
        }
    }
    connection.close().await.expect("a farewell");
}
