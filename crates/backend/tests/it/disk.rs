//! SQLite from the operator's side: file mode, locks held by another process, a removed file.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use axum::http::Method;
use backend::store;
use futures_util::future::join_all;
use shared::path;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};

use crate::support::{Log, PASSWORD, TestApp};

/// Another program with the same file open.
async fn another_connection(app: &TestApp) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(app.database().expect("a file"));
    SqliteConnection::connect_with(&options).await.expect("a connection")
}

#[tokio::test]
async fn only_its_owner_can_read_the_database() {
    let app = TestApp::on_disk().await;
    app.registered("alice").await;
    let folder = app.database().expect("a file").parent().expect("a folder").to_owned();
    for file in fs::read_dir(folder).expect("the folder") {
        let file = file.expect("a file");
        let mode = file.metadata().expect("its metadata").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", file.path().display());
    }
}

#[tokio::test]
async fn instances_that_start_at_once_find_one_schema() {
    for _ in 0..5 {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite:{}/new.db", folder.path().display());
        for start in join_all((0..8).map(|_| store::open(&url))).await {
            start.expect("a store").ping().await.expect("an answer");
        }
    }
}

#[tokio::test]
async fn a_locked_database_is_503_and_nothing_is_lost() {
    let app = TestApp::on_disk().await;
    let alice = app.registered("alice").await;
    let mut other = another_connection(&app).await;
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut other).await.expect("the lock");
    // In memory, for a second.
    alice.refresh().await.assert_ok();
    for answer in [
        alice.logout().await,
        alice.refresh_with("attempt-key-number-1").await,
        alice.register("bob").await,
        alice.login("alice", PASSWORD).await,
        alice.get(path::HEALTH_READY).await,
    ] {
        answer.assert_problem(503, "temporarily_unavailable");
        assert!(answer.set_cookies().is_empty() && answer.header("retry-after").is_some());
    }
    sqlx::query("ROLLBACK").execute(&mut other).await.expect("the end of it");
    alice.refresh_with("attempt-key-number-1").await.assert_ok();
    alice.refresh().await.assert_ok();
    alice.get(path::HEALTH_READY).await.assert_ok();
    assert_eq!(alice.refreshes().await, 3);
}

/// WAL mode: a reader does not wait for a writer and sees only committed rows.
#[tokio::test]
async fn reads_continue_beside_a_write_under_way() {
    let app = TestApp::on_disk().await;
    let alice = app.registered("alice").await;
    let mut other = another_connection(&app).await;
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut other).await.expect("the lock");
    let half_done = "UPDATE users SET name = 'Mallory', disabled_at = 1";
    sqlx::query(half_done).execute(&mut other).await.expect("an update");
    for _ in 0..20 {
        assert_eq!(alice.me().await.assert_ok().json()["user"]["name"], "alice");
    }
    alice.call(Method::GET, path::SESSIONS, None).await.assert_ok();
    alice.call(Method::GET, path::EVENTS, None).await.assert_ok();
    sqlx::query("COMMIT").execute(&mut other).await.expect("its end");
    alice.me().await.assert_problem(401, "invalid_token");
}

/// The store's own timeout is less than 3 s, checked where it is built. Here the store's error is logged, so no call
/// waited for the longer timeout of its handler.
#[tokio::test]
async fn the_store_itself_times_out_on_a_locked_database() {
    let (log, _listening) = Log::of_json();
    let app = TestApp::on_disk().await;
    let alice = app.registered("alice").await;
    let mut other = another_connection(&app).await;
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut other).await.expect("the lock");
    alice.logout().await.assert_problem(503, "temporarily_unavailable");
    app.browser().register("bob").await.assert_problem(503, "temporarily_unavailable");
    sqlx::query("ROLLBACK").execute(&mut other).await.expect("the end of it");
    let log = log.objects();
    let failed = log.iter().map(|line| &line["fields"]);
    let failed: Vec<_> = failed.filter(|said| said["event"] == "request.failed").collect();
    assert_eq!(failed.len(), 2, "{failed:?}");
    for said in failed {
        let why = format!("{} {}", said["error"], said["cause"]);
        assert!(why.contains("locked") || why.contains("in time"), "{why}");
    }
}

#[tokio::test]
async fn a_database_file_that_was_removed_is_noticed() {
    let app = TestApp::on_disk().await;
    let file = app.database().expect("a file");
    app.browser().get(path::HEALTH_READY).await.assert_ok();
    fs::remove_file(&file).expect("the file");
    // The readiness result is cached for a second.
    app.clock.suspend(1);
    app.browser().get(path::HEALTH_READY).await.assert_problem(503, "temporarily_unavailable");
    fs::write(&file, "").expect("another file");
    app.browser().get(path::HEALTH_READY).await.assert_problem(503, "temporarily_unavailable");
}

/// ASVS V7.4.2: disabling a user revokes all sessions.
#[tokio::test]
async fn a_disabled_user_loses_every_session_at_once() {
    let app = TestApp::on_disk().await;
    let alice = app.registered("alice").await;
    let mut administrator = another_connection(&app).await;
    sqlx::query("UPDATE users SET disabled_at = 1")
        .execute(&mut administrator)
        .await
        .expect("an update");
    alice.me().await.assert_problem(401, "invalid_token");
    alice.refresh().await.assert_problem(401, "invalid_grant");
    app.browser().login("alice", PASSWORD).await.assert_problem(401, "invalid_credentials");

    sqlx::query("UPDATE users SET disabled_at = NULL")
        .execute(&mut administrator)
        .await
        .expect("an update");
    alice.refresh().await.assert_ok();
}

#[tokio::test]
async fn a_url_that_names_no_file_is_refused() {
    for url in [
        "sqlite:",
        "sqlite://",
        "sqlite::memory:",
        "sqlite:x?mode=memory",
        "mysql:x",
        "memory",
        "",
        "postgres://u:secret@h/d",
    ] {
        let error = store::open(url).await.err().unwrap_or_else(|| panic!("{url:?} was opened"));
        let text = format!("{:#}", anyhow::Error::from(error));
        assert!(!text.contains("secret"), "{text}");
    }
}
