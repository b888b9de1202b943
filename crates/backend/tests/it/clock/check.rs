//! `baton check` where the database has a clock of its own: what it says of a difference, and which one `baton serve`
//! would not serve with. The program goes by the machine's clock, so that it is PostgreSQL's which is shifted here.

use std::path::Path;
use std::process::Output;

use sqlx::AssertSqlSafe;

use crate::support::Schema;
use crate::support::program::{folder, run};

/// The schema for a program whose clock is to be ahead of PostgreSQL's by so many seconds, or behind if negative: a
/// function of the schema's own goes before PostgreSQL's.
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
    // The last one that is given counts.
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

/// Decision 22: from more than 2 s on. It stops nothing; here that is the key ring, which is looked for next.
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
            // Readings are whole seconds, and a slow answer takes its time.
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

/// Beyond 8 s calls would be 503.
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
