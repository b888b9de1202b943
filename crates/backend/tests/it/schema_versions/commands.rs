//! Commands on an older or newer schema: each works or names what is missing, and none migrates.

use std::path::Path;
use std::process::Output;
use std::sync::Arc;

use backend::clock::Clock;
use backend::config::MasterKeySource;
use backend::entropy::Entropy;
use backend::keys::{FirstRing, KeyRing};
use backend::store::{self, Opening, Schema as Version, Store};

use super::{SQLITE, execute, migrate_to, on_every_database, populate, sqlite};
use crate::support::program::{folder, run_with_input};
use crate::support::{PASSWORD, Place, commands, settings};

/// The migration that adds the tables of keys and services.
const KEYS_SINCE: usize = 3;
/// The one that adds the table of native clients.
const CLIENTS_SINCE: usize = 12;

/// The number of applied migrations.
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

/// With a password on standard input, for the command that asks for one.
fn command(folder: &Path, words: &[&str], place: &Place) -> Output {
    let url = place.url();
    let arguments = [words, &["--database", url.as_str()]].concat();
    run_with_input(folder, &arguments, &format!("{PASSWORD}\n"))
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

#[track_caller]
fn assert_is_too_old(text: &str, words: &[&str]) {
    let named = text.contains("too old for this command") && text.contains("`baton migrate`");
    assert!(named, "{words:?}: {text}");
}

async fn make_ring(store: &Arc<dyn Store>, folder: &Path) {
    let source = MasterKeySource::Folder(folder.join("keys"));
    let plan = settings::<&str>(&[]).expect("settings").key_plan;
    let (clock, entropy) = (Clock::system(), Entropy::system());
    let first_ring = FirstRing::WithNewMasterKey;
    let ring = KeyRing::open(&source, plan, store, &clock, &entropy, first_ring).await;
    ring.expect("a ring");
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
        let ended = command(folder.path(), &["sessions", "revoke", "--user", alice], place);
        assert_eq!(succeeded(&ended), "revoked 2 sessions of alice@example.com\n");
        let said = String::from_utf8(ended.stderr).expect("UTF-8");
        assert!(
            said.contains("older than this program (version 2 of ")
                && said.contains("`baton migrate`")
        );
        let disabled = command(folder.path(), &["users", "disable", alice], place);
        assert_eq!(succeeded(&disabled), "disabled alice@example.com, and revoked 0 sessions\n");
        succeeded(&command(folder.path(), &["users", "enable", alice], place));
        let all = command(folder.path(), &["sessions", "revoke", "--all", "--yes"], place);
        assert_eq!(succeeded(&all), "revoked 0 sessions of all users\n");
        assert_eq!(applied(place).await, 2);
    })
    .await;
}

/// On the first version where each can work, and on the last one.
#[tokio::test]
async fn on_an_older_schema_every_command_works_and_leaves_it_as_it_is() {
    let known = SQLITE.iter().count();
    for version in [KEYS_SINCE, known - 1] {
        on_every_database(async |place| {
            let folder = folder();
            migrate_to(place, version).await;
            let database = store::open_database(&place.url(), Opening::AsItIs).await;
            let store = database.expect("a store").store;
            populate(&*store).await;
            make_ring(&store, folder.path()).await;
            store.close().await;
            let keys = succeeded(&command(folder.path(), &["keys", "list"], place));
            let signing = keys.split_whitespace().next().expect("a key").to_owned();
            for words in commands::on_a_database(&signing) {
                let done = command(folder.path(), &words, place);
                if words[0] == "clients" && version < CLIENTS_SINCE {
                    assert_is_too_old(&refused(&done), &words);
                } else {
                    assert!(done.status.success(), "version {version}, {words:?}: {done:?}");
                }
                let said = String::from_utf8(done.stderr).expect("UTF-8");
                let older = format!("older than this program (version {version} of {known})");
                assert!(said.contains(&older), "{words:?}: {said}");
            }
            assert_eq!(applied(place).await, i64::try_from(version).expect("a count"));
        })
        .await;
    }
}

#[tokio::test]
async fn on_the_schema_before_keys_and_services_the_other_commands_work() {
    on_every_database(async |place| {
        let folder = folder();
        migrate_to(place, KEYS_SINCE - 1).await;
        let database = store::open_database(&place.url(), Opening::AsItIs).await.expect("a store");
        populate(&*database.store).await;
        database.store.close().await;
        for words in commands::on_a_database("abc") {
            let output = command(folder.path(), &words, place);
            if ["keys", "services", "clients"].contains(&words[0]) {
                assert_is_too_old(&refused(&output), &words);
            } else {
                succeeded(&output);
            }
        }
        assert_eq!(applied(place).await, 2);
    })
    .await;
}

/// The version before lifetimes were stored.
#[tokio::test]
async fn on_the_schema_before_lifetimes_keys_can_be_listed_rotated_and_revoked() {
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
        let revoked = run(&["keys", "revoke", &signing, "--yes"]);
        assert!(revoked.contains(&format!("{signing} is revoked")), "{revoked}");
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

/// As a newer server leaves it: another column, and an unknown migration.
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
        assert_eq!(succeeded(&disabled), "disabled alice@example.com, and revoked 2 sessions\n");
        let said = String::from_utf8(disabled.stderr).expect("UTF-8");
        assert!(said.contains("newer than this program (version 9999, "), "{said}");
        let keys = succeeded(&run(&["keys", "list"]));
        let signing = keys.split_whitespace().next().expect("a key").to_owned();
        for words in commands::on_a_database(&signing) {
            succeeded(&run(&words));
        }
        // A server would serve an unknown schema.
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
        for words in commands::on_a_database("abc") {
            let text = refused(&command(folder.path(), &words, place));
            assert!(text.contains("newer version of Baton"), "{words:?}: {text}");
        }
    })
    .await;
}
