//! The embedded database as the operator meets it: its file, its lock, and what happens when either is
//! in somebody else's hands.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use backend::store;
use futures_util::future::join_all;
use shared::path;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};

use crate::support::{PASSWORD, TestApp};

/// Another program with the same file open.
async fn somebody_else(app: &TestApp) -> SqliteConnection {
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
async fn a_database_that_somebody_has_locked_is_503_and_nothing_is_lost() {
    let app = TestApp::on_disk().await;
    let alice = app.registered("alice").await;
    let mut other = somebody_else(&app).await;
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut other).await.expect("the lock");
    for answer in [
        alice.refresh_with("attempt-key-number-1").await,
        alice.logout().await,
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
}

#[tokio::test]
async fn a_database_file_that_was_removed_is_noticed() {
    let app = TestApp::on_disk().await;
    let file = app.database().expect("a file");
    app.browser().get(path::HEALTH_READY).await.assert_ok();
    fs::remove_file(&file).expect("the file");
    app.browser().get(path::HEALTH_READY).await.assert_problem(503, "temporarily_unavailable");
    fs::write(&file, "").expect("another file");
    app.browser().get(path::HEALTH_READY).await.assert_problem(503, "temporarily_unavailable");
}

/// ASVS V7.4.2: a disabled user loses everything at once.
#[tokio::test]
async fn a_disabled_user_loses_every_session_at_once() {
    let app = TestApp::on_disk().await;
    let alice = app.registered("alice").await;
    let mut administrator = somebody_else(&app).await;
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
