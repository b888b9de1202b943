//! Which database a command uses. Only `serve` and `migrate` create one; every command names it; a master key without
//! its database stops the start.

use std::fs;
use std::path::Path;
use std::process::Output;
use std::sync::Arc;

use backend::keys::{FirstRing, KeyError, KeyRing};
use backend::store::Store;
use backend::{clock::Clock, config::MasterKeySource, entropy::Entropy, store::memory::Memory};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};
use tempfile::TempDir;

use crate::support::program::{Serving, baton, folder, run, run_refused, run_with_input};
use crate::support::{PASSWORD, START, Schema, commands, settings};

fn command(folder: &Path, command: &[&str], url: &str) -> Output {
    let arguments = [command, &["--database", url]].concat();
    run_with_input(folder, &arguments, &format!("{PASSWORD}\n"))
}

fn refused(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(output.stdout.is_empty() && text.trim_end().lines().count() == 1, "{output:?}");
    text
}

#[test]
fn a_mistyped_database_is_not_made_and_nothing_is_reported_as_done() {
    let folder = folder();
    let (empty, missing) = (folder.path().join("empty.db"), folder.path().join("mistyped.db"));
    fs::write(&empty, "").expect("a file");
    for words in commands::on_a_database("abc") {
        for (url, why) in [
            ("sqlite:mistyped.db", "there is no such file"),
            ("sqlite:empty.db", "holds no tables of Baton's"),
            ("memory:", "in the memory of"),
        ] {
            let text = refused(&command(folder.path(), &words, url));
            let named = text.starts_with("baton: --database / BATON_DATABASE: ");
            assert!(named && text.contains(why) && text.contains("`baton migrate`"), "{text}");
            let path = folder.path().canonicalize().expect("a folder").display().to_string();
            assert!(url == "memory:" || text.contains(&path), "the whole path: {text}");
        }
    }
    // Without the flag, it is the one in this folder.
    let text = refused(&run(folder.path(), &["users", "list"]));
    assert!(text.contains("/baton.db") && text.contains("there is no such file"), "{text}");
    assert!(!missing.exists() && fs::read(&empty).expect("the file").is_empty());
    let names = fs::read_dir(folder.path()).expect("the folder");
    let names: Vec<_> = names.map(|file| file.expect("a file").file_name()).collect();
    assert_eq!(names, ["empty.db"]);
}

/// `check` reports it after the checks that passed.
#[test]
fn check_makes_no_database() {
    let folder = folder();
    let output = run(folder.path(), &["check"]);
    let text = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(text.contains("there is no such file") && !output.status.success(), "{text}");
    assert!(!folder.path().join("baton.db").exists());
}

#[tokio::test]
async fn a_file_of_another_program_is_left_as_it_is() {
    let folder = folder();
    let file = folder.path().join("other.db");
    let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let mut other = SqliteConnection::connect_with(&options).await.expect("a connection");
    let table = "CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('mine')";
    sqlx::raw_sql(table).execute(&mut other).await.expect("a table");
    other.close().await.expect("an end");
    let before = fs::read(&file).expect("the file");
    let text = refused(&command(folder.path(), &["users", "list"], "sqlite:other.db"));
    assert!(text.contains("holds no tables of Baton's"), "{text}");
    assert_eq!(fs::read(&file).expect("the file"), before);
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1);
}

#[tokio::test]
async fn an_empty_postgresql_database_stays_empty() {
    let Some(schema) = Schema::new().await else { return };
    let folder = folder();
    for words in commands::on_a_database("abc") {
        let text = refused(&command(folder.path(), &words, schema.url.as_str()));
        assert!(text.contains("it holds no tables of Baton's"), "{text}");
        assert!(!text.contains(schema.url.password().expect("a password")), "{text}");
    }
    assert_eq!(tables_in(&schema).await, 0);
}

async fn tables_in(schema: &Schema) -> i64 {
    let mut connection = schema.connection().await;
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = $1";
    let tables = sqlx::query_scalar::<_, i64>(tables).bind(&schema.name);
    tables.fetch_one(&mut connection).await.expect("a count")
}

#[tokio::test]
async fn every_command_says_which_database_it_was_and_no_credential() {
    let folder = folder();
    let path = folder.path().canonicalize().expect("a folder").display().to_string();
    let mut named = vec![("sqlite:baton.db".to_owned(), format!("sqlite:{path}/baton.db"))];
    let schema = Schema::new().await;
    if let Some(Schema { url, name, .. }) = &schema {
        let (host, port) = (url.host_str().expect("a host"), url.port().unwrap_or(5432));
        let place = format!("postgres://{host}:{port}{} (schema {name})", url.path());
        named.push((url.to_string(), place));
    }
    for (url, name) in named {
        let line = format!("database: {name}");
        let says = |output: &Output| {
            let text = String::from_utf8(output.stderr.clone()).expect("UTF-8");
            assert!(text.lines().any(|it| it == line), "{line}: {text}");
            let password = url.rsplit_once('@').and_then(|(user, _)| user.rsplit_once(':'));
            assert!(password.is_none_or(|(_, password)| !text.contains(password)), "{text}");
        };
        for words in ["migrate", "check"] {
            says(&command(folder.path(), &[words], &url));
        }
        for words in commands::on_a_database("abc") {
            says(&command(folder.path(), &words, &url));
        }
        let secret = command(folder.path(), &["services", "add", "x", "--audience", "y"], &url);
        assert_eq!(secret.stdout.len(), 43 + 1, "the secret alone");
        says(&secret);
    }
}

/// The log of a server that was started and stopped.
fn served(folder: &Path, flags: &[&str]) -> String {
    let log = folder.join("log");
    let mut server = Serving::logging(folder, flags, &log);
    server.terminate();
    assert!(server.child.wait().expect("an end").success());
    fs::read_to_string(log).expect("the log")
}

#[test]
fn a_master_key_without_its_database_stops_the_start() {
    let folder = folder();
    let path = folder.path();
    let log = served(path, &[]);
    let name = format!("sqlite:{}/baton.db", path.canonicalize().expect("a folder").display());
    assert!(log.contains("database.opened") && log.contains(&name), "{log}");
    let other = || {
        let mut serve = baton(path);
        serve.args(["serve", "--listen", "127.0.0.1:0", "--database", "sqlite:other.db"]);
        run_refused(serve)
    };
    let text = refused(&other());
    assert!(text.contains("other.db") && text.contains("keys/master.key"), "{text}");
    assert!(text.contains("--new-database"), "the remedy: {text}");
    assert!(!path.join("other.db").exists(), "an empty one would be taken for the real one next");
    // Nor does the key belong to a schema without a key ring.
    assert!(run(path, &["migrate", "--database", "sqlite:other.db"]).status.success());
    assert!(refused_after_log(&other()).contains("--new-database"));
    served(path, &[]);

    let new = ["--database", "sqlite:other.db", "--new-database"];
    assert!(!served(path, &new).contains("database.not_new"));
    served(path, &new[..2]);
    let warned = served(path, &new);
    assert!(
        warned.contains("database.not_new") && warned.contains("leave the flag out"),
        "{warned}"
    );
    // A database in memory is new at each start.
    for _ in 0..2 {
        served(path, &["--database", "memory:"]);
    }
}

/// The same over PostgreSQL, where the mistake is another schema or database.
#[tokio::test]
async fn a_master_key_without_its_postgresql_database_stops_the_start() {
    let (Some(own), Some(other)) = (Schema::new().await, Schema::new().await) else { return };
    let folder = folder();
    let path = folder.path();
    let own_url = ["--database", own.url.as_str()];
    let new = ["--database", other.url.as_str(), "--new-database"];
    served(path, &own_url);
    let refused = || {
        let mut serve = baton(path);
        serve.args(["serve", "--listen", "127.0.0.1:0"]).args(&new[..2]);
        let text = refused_after_log(&run_refused(serve));
        assert!(text.contains("keys/master.key") && text.contains("--new-database"), "{text}");
        assert!(!text.contains(other.url.password().expect("a password")), "{text}");
    };
    refused();
    assert_eq!(tables_in(&other).await, 0, "an empty one would be taken for the real one next");
    // Nor does the key belong to a schema without a key ring.
    assert!(run(path, &["migrate", "--database", other.url.as_str()]).status.success());
    refused();
    served(path, &own_url);
    assert!(!served(path, &new).contains("database.not_new"));
    served(path, &new[..2]);
}

/// The last line: before it stops, the start has logged which database it opened.
fn refused_after_log(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(output.stdout.is_empty(), "{output:?}");
    text.lines().last().unwrap_or_default().to_owned()
}

#[test]
fn a_master_key_that_was_handed_in_needs_its_database_too() {
    const TEXT: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let folder = folder();
    let mut command = baton(folder.path());
    command.env("BATON_MASTER_KEY", TEXT).args(["serve", "--listen", "127.0.0.1:0"]);
    let text = refused(&run_refused(command));
    assert!(text.contains("BATON_MASTER_KEY") && text.contains("--new-database"), "{text}");
    assert!(!text.contains(TEXT) && !folder.path().join("baton.db").exists());
    let start = |flags: &[&str]| {
        let log = folder.path().join("log");
        Serving::in_environment(folder.path(), "BATON_MASTER_KEY", TEXT, flags, &log)
    };
    drop(start(&["--new-database"]));
    drop(start(&[]));
}

fn empty() -> Arc<dyn Store> {
    Arc::new(Memory::default())
}

async fn open(keys: &TempDir, store: &Arc<dyn Store>) -> Result<KeyRing, KeyError> {
    let source = MasterKeySource::Folder(keys.path().to_owned());
    let plan = settings::<&str>(&[]).expect("settings").key_plan;
    let (clock, entropy) = (Clock::manual(START), Entropy::system());
    let first_ring = FirstRing::WithNewMasterKey;
    KeyRing::open(&source, plan, store, &clock, &entropy, first_ring).await
}

/// A first start that ended between the master key and the ring is repeated.
#[tokio::test]
async fn a_master_key_that_has_sealed_nothing_is_new() {
    let keys = folder();
    open(&keys, &empty()).await.expect("a ring");
    let error = open(&keys, &empty()).await.err().expect("a refusal");
    assert!(matches!(error, KeyError::NoRing { .. }), "{error}");
    let note = keys.path().join("master.key.new");
    fs::write(&note, "").expect("as if it had ended there");
    open(&keys, &empty()).await.expect("a ring");
    assert!(!note.exists(), "from now on it has been used");
}
