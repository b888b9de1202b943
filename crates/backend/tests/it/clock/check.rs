//! `baton check` against a database with a clock of its own: the reported difference, and one that `baton serve`
//! would refuse. The program uses the machine's clock, so the test shifts PostgreSQL's.

use std::path::Path;
use std::process::Output;

use sqlx::AssertSqlSafe;

use crate::support::Schema;
use crate::support::program::{folder, run};

/// A database URL with which the program's clock is so many seconds ahead of PostgreSQL's, or behind if negative: a
/// function in the schema shadows `pg_catalog.clock_timestamp`.
async fn seen_from_ahead(schema: &Schema, seconds: i64) -> String {
    let function = format!(
        "CREATE OR REPLACE FUNCTION {}.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
         AS 'SELECT pg_catalog.clock_timestamp() - make_interval(secs => {seconds})'",
        schema.name
    );
    let mut connection = schema.connection().await;
    sqlx::raw_sql(AssertSqlSafe(function)).execute(&mut connection).await.expect("a function");
    let mut url = schema.url.clone();
    let path = format!("{},pg_catalog", schema.name);
    // The last `search_path` option wins.
    url.query_pairs_mut().append_pair("options[search_path]", &path);
    url.to_string()
}

async fn checked(folder: &Path, schema: &Schema, ahead: i64) -> Output {
    run(folder, &["check", "--database", &seen_from_ahead(schema, ahead).await])
}

/// The line about the clock, if there is one.
fn about_the_clock(checked: &Output) -> Option<String> {
    let text = String::from_utf8(checked.stdout.clone()).expect("UTF-8");
    let mut lines = text.lines();
    lines.find_map(|line| line.strip_prefix("clock ")).map(|said| said.trim().to_owned())
}

fn what_stopped_it(checked: &Output) -> String {
    let text = String::from_utf8(checked.stderr.clone()).expect("UTF-8");
    assert_eq!(checked.status.code(), Some(2), "{text}");
    text.lines().last().unwrap_or_default().to_owned()
}

/// Decision 22: a warning from more than 2 s on. The check fails later, at the missing key ring.
#[tokio::test]
async fn check_says_that_the_machines_clock_is_not_the_databases() {
    let Some(schema) = Schema::new().await else { return };
    let folder = folder();
    let migrated = run(folder.path(), &["migrate", "--database", schema.url.as_str()]);
    assert!(migrated.status.success(), "{migrated:?}");
    for (ahead, direction) in [(0, None), (6, Some("ahead of")), (-6, Some("behind"))] {
        let checked = checked(folder.path(), &schema, ahead).await;
        let said = about_the_clock(&checked).expect("a line about the clock");
        match direction {
            None => assert_eq!(said, "ok   agrees with the database"),
            // Readings are whole seconds, and the query takes time.
            Some(direction) => assert!(
                (3..=7).any(|seconds| {
                    said == format!("the machine's clock is {seconds} s {direction} the database's")
                }),
                "{ahead}: {said}"
            ),
        }
        assert!(what_stopped_it(&checked).contains("no key ring yet"), "{checked:?}");
    }
}

/// Beyond 8 s, `baton serve` would answer calls with 503.
#[tokio::test]
async fn check_refuses_a_clock_that_calls_are_not_answered_by() {
    let Some(schema) = Schema::new().await else { return };
    let folder = folder();
    let migrated = run(folder.path(), &["migrate", "--database", schema.url.as_str()]);
    assert!(migrated.status.success(), "{migrated:?}");
    for ahead in [30, -30] {
        let checked = checked(folder.path(), &schema, ahead).await;
        assert_eq!(about_the_clock(&checked), None);
        let why = what_stopped_it(&checked);
        assert!(why.contains("`baton serve` answers every call with 503"), "{why}");
        assert!(why.contains("the machine's clock and the database's differ by"), "{why}");
    }
}
