//! How PostgreSQL finds the rows of the queries that a user can cause: by the index that is made for them, at any
//! state of its statistics. Counted in pages, not in time.

use shared::EventKind;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};

use super::migrations;
use crate::store::sql;

/// One account has all events, of one kind, and all sessions were revoked in one second; another account, kind or
/// second has no rows. For statistics this is as bad as it can be.
const ONE_OF_ALL: &str = "
    INSERT INTO users (id, email, password_hash, created_at)
    VALUES (decode(repeat('ab', 16), 'hex'), 'hog@example.com', '', 1);
    INSERT INTO events (id, user_id, kind, at, browser, os, device_kind)
    SELECT decode(lpad(to_hex(n), 32, '0'), 'hex'), decode(repeat('ab', 16), 'hex'), 'name_changed', n, '', '', ''
    FROM generate_series(1, 20000) AS n;
    INSERT INTO sessions (id, user_id, seed, refresh_key_id, generation, accepted_at, created_at, revoked_at, revoked_because)
    SELECT decode(lpad(to_hex(n), 32, '0'), 'hex'), decode(repeat('ab', 16), 'hex'), decode(repeat('cd', 32), 'hex'), 'k', 1, 1, 1, 7, 'logout'
    FROM generate_series(1, 5000) AS n;
    ANALYZE";

/// In a schema of its own, which is rolled back with the transaction. `None` if PostgreSQL was left out on purpose.
#[expect(clippy::disallowed_methods, reason = "the tests' runner says where its cluster is")]
async fn database() -> Option<PgConnection> {
    let url = std::env::var("BATON_TEST_POSTGRES").expect("`cargo xtask test` sets it");
    if url == "none" {
        return None;
    }
    let mut connection = PgConnection::connect(&url).await.expect("a PostgreSQL");
    for statement in
        ["BEGIN", "CREATE SCHEMA plans", "SET search_path = plans", sql::CONNECTION_SETTINGS]
    {
        sqlx::raw_sql(statement).execute(&mut connection).await.expect("a schema");
    }
    for migration in migrations::MIGRATOR.iter() {
        sqlx::raw_sql(migration.sql.clone()).execute(&mut connection).await.expect("a migration");
    }
    Some(connection)
}

/// The most pages read for one statement; the tables have hundreds, and their indexes.
const PAGES: u32 = 200;

/// The executed plans of a statement with these values: the one for them alone, and the one for any values.
async fn plans(connection: &mut PgConnection, statement: &str, values: &str) -> Vec<String> {
    let mut plans = Vec::new();
    for mode in ["force_custom_plan", "force_generic_plan"] {
        let prepare = format!("SET plan_cache_mode = {mode}; PREPARE asked AS {statement}");
        sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut *connection).await.expect("a statement");
        let explain = AssertSqlSafe(format!(
            "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) EXECUTE asked({values})"
        ));
        let lines = sqlx::raw_sql(explain).fetch_all(&mut *connection).await.expect("a plan");
        let lines: Vec<String> = lines.iter().map(|line| line.get(0)).collect();
        plans.push(lines.join("\n"));
        sqlx::raw_sql("DEALLOCATE asked").execute(&mut *connection).await.expect("it is there");
    }
    plans
}

/// Of the whole statement: the first line that counts pages.
fn pages(plan: &str) -> u32 {
    let buffers = plan.lines().find_map(|line| line.trim().strip_prefix("Buffers: shared "));
    let counts = buffers
        .unwrap_or_default()
        .split(' ')
        .filter(|part| part.starts_with("hit=") || part.starts_with("read="));
    let counts = counts.filter_map(|part| part.split_once('=')?.1.parse::<u32>().ok());
    counts.sum()
}

/// The queries that a user, or a service, can cause, with values that are rare, and the index that is made for
/// each.
fn asked() -> Vec<(&'static str, String, &'static str)> {
    let id = |byte: &str| format!("'\\x{}'", byte.repeat(16));
    let (hog, first, last) = (id("ab"), id("00"), id("ff"));
    let kinds = EventKind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>();
    let kinds = serde_json::to_string(&kinds).expect("names are strings");
    vec![
        (
            sql::EVENTS_OF_KINDS.postgres,
            format!("{hog}, '{kinds}', {last}, 51"),
            "events_of_kind on events",
        ),
        (sql::TRIM_EVENTS.postgres, format!("{hog}, 'limited', 1000"), "events_of_kind on events"),
        (
            sql::TRIM_EVENTS.postgres,
            format!("{hog}, 'registered', 1000"),
            "events_of_kind on events",
        ),
        (
            sql::REVOKED_IN.postgres,
            format!("8, {first}, 1000"),
            "sessions_ended_in_order on sessions",
        ),
        (sql::SESSIONS_OF, hog, "sessions_live_of_user on sessions"),
        (sql::FIND_SESSION, first.clone(), "sessions_pkey on sessions"),
        (sql::FIND_VERSIONED, first.clone(), "sessions_pkey on sessions"),
        (
            sql::ACCEPT_UNCHANGED,
            format!("{first}, 1, 2, NULL, NULL, 3, NULL, 'a', 'b', 'c', 4, 5"),
            "sessions_pkey on sessions",
        ),
        (sql::FIND_USER, "'bob@example.com'".to_owned(), "users_email_key on users"),
    ]
}

async fn assert_found_by_their_indexes(connection: &mut PgConnection, when: &str) {
    for (statement, values, index) in asked() {
        for plan in plans(connection, statement, &values).await {
            assert!(plan.contains(&format!("using {index}")), "{when}: {statement}\n{plan}");
            let pages = pages(&plan);
            assert!(pages <= PAGES, "{when}: {pages} pages\n{statement}\n{plan}");
        }
    }
}

/// A cached plan is made when a connection executes the statement for the sixth time: perhaps of a new database.
#[tokio::test]
async fn rows_are_found_by_their_index_whatever_the_statistics_say() {
    let Some(mut connection) = database().await else { return };
    assert_found_by_their_indexes(&mut connection, "while the tables are empty").await;
    sqlx::raw_sql(ONE_OF_ALL).execute(&mut connection).await.expect("rows");
    assert_found_by_their_indexes(&mut connection, "where all rows are one account's").await;
    connection.close().await.expect("a farewell");
}
