//! Bulk revocation in one transaction, as from a database console: an instance reads the new revocations in bounded
//! pages, and not its whole cache again for each.

use std::time::Duration;

use backend::store::{self, Notification, Reach};
use shared::NumericDate;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};
use tokio::time::Instant;

use crate::support::{Place, START, Schema, TestApp, stores};

const USER: &str = "INSERT INTO users (id, email, password_hash, created_at) VALUES ";
/// Revocations per transaction that a notification names by session id.
const LOGGED: usize = 100;

async fn execute(connection: &mut PgConnection, sql: &str) {
    let statements = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
    statements.execute(connection).await.expect("statements");
}

/// Opens sessions of one user, by their numbers.
async fn open_sessions(connection: &mut PgConnection, numbers: std::ops::RangeInclusive<u32>) {
    let (first, last) = numbers.into_inner();
    let sessions = format!(
        "{USER} (decode(repeat('01', 16), 'hex'), 'console@example.com', '', 0) ON CONFLICT DO NOTHING;
         INSERT INTO sessions (id, user_id, seed, refresh_key_id, generation, accepted_at, created_at)
         SELECT decode(lpad(to_hex(n), 32, '0'), 'hex'), decode(repeat('01', 16), 'hex'),
                decode(repeat('02', 32), 'hex'), 'key-1', 0, {START}, {START}
         FROM generate_series({first}, {last}) AS n",
        START = START.0
    );
    execute(connection, &sessions).await;
}

/// Revokes at most so many active sessions in one transaction, dated with this instant.
async fn revoke(connection: &mut PgConnection, many: usize, at: NumericDate) {
    let update = format!(
        "UPDATE sessions SET revoked_at = {}, revoked_because = 'administrator'
         WHERE id IN (SELECT id FROM sessions WHERE revoked_at IS NULL ORDER BY id LIMIT {many})",
        at.0
    );
    execute(connection, &update).await;
}

#[tokio::test]
async fn a_mass_revocation_names_since_when_and_a_new_key_names_nothing() {
    let Some(schema) = Schema::new().await else { return };
    let store = store::open(schema.url.as_str()).await.expect("a store");
    let mut console = schema.connection().await;
    open_sessions(&mut console, 1..=400).await;
    let mut subscription = store.subscribe().await.expect("a subscription");
    assert_eq!(subscription.next().await.expect("an answer"), Notification::Revoked(Vec::new()));
    // The transaction began long before its commit.
    let at = START.plus(-1_000);
    revoke(&mut console, LOGGED + 1, at).await;
    match subscription.next().await.expect("an answer") {
        Notification::Change(Reach::Named { revoked, since }) => {
            assert_eq!((revoked.len(), since), (LOGGED, Some(at)));
        }
        other => panic!("{other:?}"),
    }
    execute(&mut console, "DELETE FROM ring_keys").await;
    let keys = Reach::Named { revoked: Vec::new(), since: None };
    assert_eq!(subscription.next().await.expect("an answer"), Notification::Change(keys));
    // Of several, the earliest instant; a small transaction is named by ids alone, as always.
    for (many, seconds) in [(LOGGED + 1, 5), (LOGGED + 1, 3), (2, 0)] {
        revoke(&mut console, many, START.plus(seconds)).await;
    }
    let mut named = Vec::new();
    while named.len() < 2 * LOGGED + 2 {
        match subscription.next().await.expect("an answer") {
            Notification::Change(Reach::Named { revoked, since }) => {
                assert_eq!(since, Some(START.plus(3)));
                named.extend(revoked);
            }
            Notification::Revoked(revoked) => named.extend(revoked),
            other => panic!("{other:?}"),
        }
    }
    store.close().await;
}

/// Like `sessions revoke --all` on a million sessions, in batches of a thousand.
#[tokio::test]
async fn mass_revocations_that_follow_each_other_are_read_together() {
    const TRANSACTIONS: usize = 40;
    let Some(schema) = Schema::new().await else { return };
    let store = store::open(schema.url.as_str()).await.expect("a store");
    let mut console = schema.connection().await;
    open_sessions(&mut console, 1..=5_000).await;
    let mut subscription = store.subscribe().await.expect("a subscription");
    let (begun, mut reads) = (Instant::now(), 0_u32);
    let revocation = async {
        for number in 0..TRANSACTIONS {
            revoke(&mut console, LOGGED + 1, START.plus(i64::try_from(number).expect("a number")))
                .await;
        }
    };
    let listening = async {
        let mut received = 0;
        while received < TRANSACTIONS * LOGGED {
            let notification = subscription.next().await.expect("an answer");
            if let Notification::Change(Reach::Named { revoked, since: Some(_) }) = notification {
                (received, reads) = (received + revoked.len(), reads + 1);
            }
        }
    };
    tokio::join!(revocation, listening);
    // Reads are at least 250 ms apart.
    let most = begun.elapsed().as_millis() / 250 + 2;
    assert!(u128::from(reads) <= most, "{reads} reads, more than {most}");
    store.close().await;
}

/// The transaction's instant is older than every cached revocation, and within an access token's life.
#[tokio::test]
async fn a_mass_revocation_that_was_committed_late_is_read_whole() {
    let Some(schema) = Schema::new().await else { return };
    let store = store::open(schema.url.as_str()).await.expect("a store");
    let mut console = schema.connection().await;
    let app =
        TestApp::over(store, Place::Schema(schema), &["--access-token-seconds", "1800"]).await;
    open_sessions(&mut console, 1..=600).await;
    let _following = app.app.revocation_listener.listen();
    let revocations = &app.app.event_log.revocations;
    let mut look = tokio::time::interval(Duration::from_millis(5));
    while !revocations.is_complete() {
        look.tick().await;
    }
    for (number, seconds) in [(1, 0), (2, -1_500)] {
        revoke(&mut console, 300, START.plus(seconds)).await;
        while revocations.count() < 300 * number {
            look.tick().await;
        }
    }
}

/// Pages span seconds, and seconds span pages.
#[tokio::test]
async fn any_number_of_revocations_is_counted_in_pages() {
    for (store, place) in stores().await {
        let columns = "id, user_id, seed, refresh_key_id, generation, accepted_at, created_at,
             revoked_at, revoked_because";
        let (at, values) =
            (START.0, format!("'key-1', 0, {0}, {0}, {0} + n / 70000, 'logout'", START.0));
        match &place {
            Place::Memory => continue,
            Place::File(_) => {
                let options =
                    SqliteConnectOptions::new().filename(place.database().expect("a file"));
                let sessions = format!(
                    "{USER} (zeroblob(16), 'a@example.com', '', {at});
                     INSERT INTO sessions ({columns})
                     WITH RECURSIVE numbers (n) AS (
                         SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 120001)
                     SELECT CAST(printf('%016d', n) AS BLOB), zeroblob(16), zeroblob(32), {values} FROM numbers"
                );
                let mut console = SqliteConnection::connect_with(&options).await.expect("a file");
                let sessions = sqlx::raw_sql(AssertSqlSafe(sessions));
                sessions.execute(&mut console).await.expect("sessions");
            }
            Place::Schema(schema) => {
                let sessions = format!(
                    "{USER} (decode(repeat('01', 16), 'hex'), 'a@example.com', '', {at});
                     INSERT INTO sessions ({columns})
                     SELECT decode(lpad(to_hex(n), 32, '0'), 'hex'), decode(repeat('01', 16), 'hex'),
                            decode(repeat('02', 32), 'hex'), {values} FROM generate_series(1, 120001) AS n"
                );
                execute(&mut schema.connection().await, &sessions).await;
            }
        }
        let counts = store.revoked_per_second(START).await.expect("a store");
        assert_eq!(counts, [(START, 69_999), (START.plus(1), 50_002)], "{}", place.engine());
        let later = store.revoked_per_second(START.plus(1)).await.expect("a store");
        assert_eq!(later, [(START.plus(1), 50_002)]);
        store.close().await;
    }
}
