//! Schema migrations: databases older or newer than the program, as during an upgrade. Commands use the schema as it
//! is; only `serve` and `migrate` change it.

mod commands;

use std::time::Duration;

use backend::auth::revocation::revocation_cache::SessionStatus;
use backend::clock::Clock;
use backend::lifetimes::{Lifetime, LifetimeSet, renewals};
use backend::store::{self, Change, ClientInfo, Opening, Revocation, Session, Store, User};
use rotation::{Family, Seed};
use shared::{NumericDate, RevocationReason, SessionId, UserId};
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};

use crate::support::{Place, Schema, TestApp, settings};

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");
const HASH: &str = "$argon2id$";
/// The machine's time, at which the sessions begin.
fn now() -> NumericDate {
    Clock::system().now()
}

/// An empty database of each engine.
#[expect(clippy::print_stdout, reason = "a failing test shows which engine it was")]
async fn on_every_database(scenario: impl AsyncFn(&Place)) {
    let mut places = vec![Place::file()];
    places.extend(Schema::new().await.map(Place::Schema));
    for place in places {
        println!("engine: {}", place.engine());
        scenario(&place).await;
    }
}

/// Applies the first migrations up to this version.
async fn migrate_to(place: &Place, version: usize) {
    let first = |migrator: &Migrator| {
        Migrator::with_migrations(migrator.iter().take(version).cloned().collect())
    };
    match place {
        Place::Memory => unreachable!("it has no schema"),
        Place::File(_) => {
            let mut connection = sqlite(place, true).await;
            first(&SQLITE).run(&mut connection).await.expect("migrations");
            connection.close().await.expect("an end");
        }
        Place::Schema(schema) => {
            let mut connection = schema.connection().await;
            first(&POSTGRES).run(&mut connection).await.expect("migrations");
        }
    }
}

async fn sqlite(place: &Place, create: bool) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(place.database().expect("a file"));
    let options = options.create_if_missing(create).journal_mode(SqliteJournalMode::Wal);
    SqliteConnection::connect_with(&options).await.expect("a connection")
}

async fn execute(place: &Place, statements: &str) {
    let statements = sqlx::raw_sql(AssertSqlSafe(statements.to_owned()));
    match place {
        Place::Memory => unreachable!("it has no console"),
        Place::File(_) => {
            statements.execute(&mut sqlite(place, false).await).await.expect("statements");
        }
        Place::Schema(schema) => {
            statements.execute(&mut schema.connection().await).await.expect("statements");
        }
    }
}

/// alice@example.com with two sessions, written under the old schema.
async fn populate(store: &dyn Store) {
    let user = User {
        id: UserId::from_bytes([1; 16]),
        email: backend::auth::account::email::Email::parse("alice@example.com")
            .expect("an address"),
        name: None,
        password_hash: HASH.to_owned(),
        created_at: now(),
        disabled_at: None,
    };
    let session = |number| Session {
        id: SessionId::from_bytes([number; 16]),
        user: user.id,
        seed: Seed::from_bytes([number; 32]),
        refresh_key_id: "key-1".to_owned(),
        family: Family::begun(now()),
        authenticated_at: now(),
        step_up_required_at: None,
        client: ClientInfo::unknown(),
        client_id: None,
    };
    let sessions = [1, 2].map(|number| {
        let session = Box::new(session(number));
        Change::OpenSession { session, seen: HASH.to_owned(), superseded: Vec::new() }
    });
    for change in [Change::AddUser(Box::new(user.clone()))].into_iter().chain(sessions) {
        assert!(store.commit(change, Vec::new()).await.expect("a store").took_place());
    }
}

/// Servers from before leases have issued tokens under lifetimes that no row records, and may still run beside this
/// one.
#[tokio::test]
async fn an_upgrade_from_before_leases_caches_revocations_for_the_longest_life_that_may_be_set() {
    let mut places = vec![Place::file()];
    places.extend(Schema::new().await.map(Place::Schema));
    for place in places {
        migrate_to(&place, 3).await;
        let before = store::open_database(&place.url(), Opening::AsItIs).await.expect("a store");
        populate(&*before.store).await;
        let session = SessionId::from_bytes([1; 16]);
        let revocation = Revocation { reason: RevocationReason::Logout, at: now().plus(-600) };
        let end = Change::RevokeSession(session, revocation);
        assert!(before.store.commit(end, Vec::new()).await.expect("a store").took_place());
        before.store.close().await;

        let store = store::open(&place.url()).await.expect("a store");
        let held = store.lifetimes().await.expect("a store");
        let shortest = settings(&["--access-token-seconds", "5"]).expect("settings").lifetimes();
        assert_eq!(shortest.or_longer(&held), LifetimeSet::LONGEST);
        for held in &held {
            let outlives = [Lifetime::AccessToken, Lifetime::JwksCache].contains(&held.setting);
            let lease = held.held_until.since(now()) - if outlives { held.seconds } else { 0 };
            // PostgreSQL's migration rounds to the nearest second.
            assert!((3_840..=3_901).contains(&lease), "{held:?}");
        }
        // A SQLite server checks its clock against this.
        let renewed = renewals(&held).max().expect("leases");
        assert!((-1..=60).contains(&now().since(renewed)));

        let app = TestApp::over(store, place, &["--access-token-seconds", "5"]).await;
        app.clock.step(now().since(app.clock.now()));
        app.clock.compare(app.clock.now());
        let _following = app.app.revocation_listener.listen();
        let revocations = &app.app.event_log.revocations;
        let mut look = tokio::time::interval(Duration::from_millis(5));
        while !revocations.is_complete() {
            look.tick().await;
        }
        assert_eq!(revocations.status(session), SessionStatus::Revoked(RevocationReason::Logout));
    }
}

/// docs/operating.md: indexes that an operator builds beforehand, so that the migrations block no writer; each index
/// that they build on an existing table.
#[tokio::test]
async fn indexes_that_an_operator_built_before_the_upgrade_are_found_by_it() {
    const DOCUMENT: &str = include_str!("../../../../docs/operating.md");
    let (Some(schema), Some(fresh)) = (Schema::new().await, Schema::new().await) else { return };
    let (place, fresh) = (Place::Schema(schema), Place::Schema(fresh));
    migrate_to(&place, 3).await;
    let before = indexes(&place).await;
    for build in DOCUMENT.lines().filter(|line| line.starts_with("CREATE INDEX CONCURRENTLY ")) {
        execute(&place, build).await;
    }
    let mut built = indexes(&place).await;
    built.retain(|index| !before.contains(index));
    store::open(&place.url()).await.expect("a store").close().await;
    let mut after = indexes(&place).await;
    after.retain(|it| !before.contains(it) && before.iter().any(|old| old.table == it.table));
    assert!(!built.is_empty() && built == after, "{built:#?} {after:#?}");
    // Equal to those of a fresh database.
    store::open(&fresh.url()).await.expect("a store").close().await;
    let definitions: Vec<_> =
        indexes(&fresh).await.into_iter().map(|it| (it.name, it.definition)).collect();
    for Index { name, definition, .. } in built {
        assert!(definitions.contains(&(name, definition)));
    }
}

/// A valid index.
#[derive(Debug, PartialEq, sqlx::FromRow)]
struct Index {
    name: String,
    number: i64,
    table: String,
    /// The statement that defines it.
    definition: String,
}

async fn indexes(place: &Place) -> Vec<Index> {
    let Place::Schema(schema) = place else { unreachable!("only PostgreSQL is asked") };
    let indexes = r#"
        SELECT c.relname::text AS name, c.oid::bigint AS number, t.relname::text AS "table",
               regexp_replace(pg_get_indexdef(c.oid), '^.* USING ', '') AS definition
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
        WHERE i.indisvalid AND c.relnamespace = current_schema()::regnamespace ORDER BY name"#;
    sqlx::query_as(indexes).fetch_all(&mut schema.connection().await).await.expect("indexes")
}

/// No token was ever issued from it.
#[tokio::test]
async fn a_new_database_holds_no_lifetimes() {
    on_every_database(async |place| {
        let store = store::open(&place.url()).await.expect("a store");
        assert_eq!(store.lifetimes().await.expect("a store"), []);
    })
    .await;
}
