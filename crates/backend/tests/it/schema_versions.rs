//! Databases whose schema is older or newer than the program: during an upgrade, and when one was put off. Commands
//! take the schema as it is; only `serve` and `migrate` change it.

use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::time::Duration;

use backend::auth::endings::Word;
use backend::clock::Clock;
use backend::config::MasterKeySource;
use backend::entropy::Entropy;
use backend::keys::{FirstRing, KeyRing};
use backend::lifetimes::{Lifetime, LifetimeSet, renewals};
use backend::store::{
    self, Change, Ending, Opening, Schema as Version, Session, Store, User, Whence,
};
use rotation::{Family, Seed};
use shared::{EndCause, NumericDate, SessionId, UserId};
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};

use crate::support::program::{folder, run};
use crate::support::{Place, Schema, TestApp, settings};

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");
const HASH: &str = "$argon2id$";
/// Of a session begun a moment ago, by the machine's clock.
fn now() -> NumericDate {
    Clock::system().now()
}

/// A database of each engine that is not there yet.
#[expect(clippy::print_stdout, reason = "a failing test shows which engine it was")]
async fn on_every_database(story: impl AsyncFn(&Place)) {
    let mut places = vec![Place::file()];
    places.extend(Schema::new().await.map(Place::Schema));
    for place in places {
        println!("engine: {}", place.engine());
        story(&place).await;
    }
}

/// The database as the first migrations have left it.
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

/// How many migrations have been applied.
async fn applied(place: &Place) -> i64 {
    let count = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM _sqlx_migrations");
    match place {
        Place::Memory => unreachable!("it has no schema"),
        Place::File(_) => {
            let count = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM _sqlx_migrations");
            count.fetch_one(&mut sqlite(place, false).await).await.expect("a count")
        }
        Place::Schema(schema) => {
            count.fetch_one(&mut schema.connection().await).await.expect("a count")
        }
    }
}

fn command(folder: &Path, words: &[&str], place: &Place) -> Output {
    run(folder, &[words, &["--database", &place.url()]].concat())
}

fn succeeded(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn refused(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{text}");
    text.lines().last().unwrap_or_default().to_owned()
}

/// alice@example.com with two sessions, as a program that knows this schema would have left them.
async fn populate(store: &dyn Store) {
    let user = User {
        id: UserId::from_bytes([1; 16]),
        email: backend::auth::email::Email::parse("alice@example.com").expect("an address"),
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
        wanted_at: None,
        whence: Whence::unknown(),
        ended_because: None,
    };
    let sessions = [1, 2].map(|number| {
        let session = Box::new(session(number));
        Change::OpenSession { session, seen: HASH.to_owned(), superseded: Vec::new() }
    });
    for change in [Change::AddUser(Box::new(user.clone()))].into_iter().chain(sessions) {
        assert!(store.commit(change, Vec::new()).await.expect("a store").took_place());
    }
}

/// The new program before its server has migrated.
#[tokio::test]
async fn on_an_older_schema_the_emergency_commands_work_and_leave_it_as_it_is() {
    on_every_database(async |place| {
        let folder = folder();
        migrate_to(place, 2).await;
        let database = store::open_database(&place.url(), Opening::AsItIs).await.expect("a store");
        let known = SQLITE.iter().last().expect("a migration").version;
        assert_eq!(database.schema, Version::Older { version: 2, known });
        populate(&*database.store).await;
        database.store.close().await;

        let alice = "alice@example.com";
        let ended = command(folder.path(), &["sessions", "end", "--user", alice], place);
        assert_eq!(succeeded(&ended), "ended 2 sessions of alice@example.com\n");
        let said = String::from_utf8(ended.stderr).expect("UTF-8");
        assert!(
            said.contains("older than this program (version 2 of ")
                && said.contains("`baton migrate`")
        );
        let disabled = command(folder.path(), &["users", "disable", alice], place);
        assert_eq!(succeeded(&disabled), "disabled alice@example.com, and ended 0 sessions\n");
        succeeded(&command(folder.path(), &["users", "enable", alice], place));
        let all = command(folder.path(), &["sessions", "end", "--all", "--yes"], place);
        assert_eq!(succeeded(&all), "ended 0 sessions, everyone's\n");
        assert_eq!(applied(place).await, 2);
    })
    .await;
}

/// The schema of the version before lifetimes were stored.
#[tokio::test]
async fn on_the_schema_before_lifetimes_keys_can_be_listed_rotated_and_retired() {
    on_every_database(async |place| {
        let folder = folder();
        migrate_to(place, 3).await;
        let database = store::open_database(&place.url(), Opening::AsItIs).await.expect("a store");
        make_ring(&database.store, folder.path()).await;
        database.store.close().await;
        let run = |words: &[&str]| succeeded(&command(folder.path(), words, place));
        let keys = run(&["keys", "list"]);
        let signing = keys.split_whitespace().next().expect("a key").to_owned();
        run(&["keys", "rotate"]);
        let retired = run(&["keys", "retire", &signing, "--yes"]);
        assert!(retired.contains(&format!("{signing} is retired")), "{retired}");
        run(&["prune"]);
        assert_eq!(applied(place).await, 3);
    })
    .await;
}

#[tokio::test]
async fn what_an_older_schema_lacks_is_said_with_the_remedy() {
    on_every_database(async |place| {
        let folder = folder();
        migrate_to(place, 1).await;
        for words in [&["keys", "list"][..], &["services", "list"], &["users", "list"], &["check"]]
        {
            let text = refused(&command(folder.path(), words, place));
            let named =
                text.contains("too old for this command") && text.contains("`baton migrate`");
            assert!(named && !text.contains("newer"), "{words:?}: {text}");
        }
        let check = command(folder.path(), &["check"], place).stdout;
        let check = String::from_utf8(check).expect("UTF-8");
        assert!(
            check.contains("schema         is older than this program (version 1 of "),
            "{check}"
        );
        assert_eq!(applied(place).await, 1);
        succeeded(&command(folder.path(), &["migrate"], place));
        assert_eq!(succeeded(&command(folder.path(), &["users", "list"], place)), "");
        assert_eq!(applied(place).await, i64::try_from(SQLITE.iter().count()).expect("a count"));
    })
    .await;
}

/// Servers of the version before leases issued under lifetimes that no row tells of, and may still run beside this one.
#[tokio::test]
async fn an_upgrade_from_before_leases_remembers_ends_for_the_longest_life_that_may_be_set() {
    let mut places = vec![Place::file()];
    places.extend(Schema::new().await.map(Place::Schema));
    for place in places {
        migrate_to(&place, 3).await;
        let before = store::open_database(&place.url(), Opening::AsItIs).await.expect("a store");
        populate(&*before.store).await;
        let session = SessionId::from_bytes([1; 16]);
        let ending = Ending { cause: EndCause::Logout, at: now().plus(-600) };
        let end = Change::EndSession(session, ending);
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
        // By this the clock of a SQLite server is judged.
        let renewed = renewals(&held).max().expect("leases");
        assert!((-1..=60).contains(&now().since(renewed)));

        let app = TestApp::over(store, place, &["--access-token-seconds", "5"]).await;
        app.clock.step(now().since(app.clock.now()));
        app.clock.compare(app.clock.now());
        let _following = app.app.sessions.follow_endings();
        let endings = &app.app.sessions.journal.endings;
        let mut look = tokio::time::interval(Duration::from_millis(5));
        while !endings.is_trusted() {
            look.tick().await;
        }
        assert_eq!(endings.word(session), Word::Ended(EndCause::Logout));
    }
}

/// What docs/operating.md tells an operator to do beforehand, so that the migrations hold up no writer: each index that
/// they build on a table of before.
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
    // As a database has them that nobody prepared.
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
    /// What is in it.
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

/// Nothing was ever issued there.
#[tokio::test]
async fn a_new_database_holds_no_lifetimes() {
    on_every_database(async |place| {
        let store = store::open(&place.url()).await.expect("a store");
        assert_eq!(store.lifetimes().await.expect("a store"), []);
    })
    .await;
}

async fn make_ring(store: &Arc<dyn Store>, folder: &Path) {
    let source = MasterKeySource::Folder(folder.join("keys"));
    let plan = settings::<&str>(&[]).expect("settings").key_plan;
    let (at, entropy) = ((store, &Clock::system()), Entropy::system());
    let ring = KeyRing::open(&source, plan, at, &entropy, FirstRing::WithNewMasterKey).await;
    ring.expect("a ring");
}

/// As a newer server has left it: a column more, and a migration that this program does not know.
async fn newer(place: &Place, folder: &Path, description: &str) {
    let store = store::open(&place.url()).await.expect("a store");
    populate(&*store).await;
    make_ring(&store, folder).await;
    store.close().await;
    let migration = format!(
        "ALTER TABLE sessions ADD COLUMN extra TEXT;
         INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, '{description}', true, '', 0)"
    );
    execute(place, &migration).await;
}

/// The program of one version back, while servers of the next one run.
#[tokio::test]
async fn on_a_newer_schema_the_commands_of_one_version_back_work() {
    on_every_database(async |place| {
        let folder = folder();
        newer(place, folder.path(), "a column more").await;
        let before = applied(place).await;
        let run = |words: &[&str]| command(folder.path(), words, place);
        let disabled = run(&["users", "disable", "alice@example.com"]);
        assert_eq!(succeeded(&disabled), "disabled alice@example.com, and ended 2 sessions\n");
        let said = String::from_utf8(disabled.stderr).expect("UTF-8");
        assert!(said.contains("newer than this program (version 9999, "), "{said}");
        let keys = succeeded(&run(&["keys", "list"]));
        let signing = keys.split_whitespace().next().expect("a key").to_owned();
        for words in [
            &["users", "enable", "alice@example.com"][..],
            &["sessions", "end", "--user", "alice@example.com"],
            &["sessions", "end", "--all", "--yes"],
            &["sessions", "list", "--all"],
            &["users", "list"],
            &["keys", "retire", &signing, "--yes"],
            &["keys", "rotate"],
            &["services", "add", "notes", "--audience", "https://notes.example"],
            &["services", "list"],
            &["services", "remove", "notes", "--yes"],
            &["prune"],
        ] {
            succeeded(&run(words));
        }
        // A server would serve what it does not know.
        for words in [&["serve", "--listen", "127.0.0.1:0"][..], &["migrate"]] {
            assert!(refused(&run(words)).contains("newer version of Baton"));
        }
        let check = refused(&run(&["check"]));
        assert!(check.contains("does not start on a newer schema"), "{check}");
        assert_eq!(applied(place).await, before);
    })
    .await;
}

#[tokio::test]
async fn a_migration_that_breaks_older_programs_says_so_in_its_name() {
    on_every_database(async |place| {
        let folder = folder();
        newer(place, folder.path(), "breaking names of columns").await;
        for words in [&["users", "list"][..], &["sessions", "end", "--all", "--yes"]] {
            let text = refused(&command(folder.path(), words, place));
            assert!(text.contains("newer version of Baton"), "{text}");
        }
    })
    .await;
}
