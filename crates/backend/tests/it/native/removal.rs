//! Removing a native client, and which ids there can be.

use backend::auth::native_clients::{
    NativeClientError, add_client, remove_client, revoke_sessions_of,
};
use backend::store;

use super::{TODO, assert_refused, client, log_in, logged_in, refresh};
use crate::services::service;
use crate::support::{ORIGIN, PASSWORD, Place, Schema, TestApp, on_every_store};

#[tokio::test]
async fn a_client_that_is_removed_is_refused_from_then_on_and_its_sessions_are_revoked() {
    on_every_store(async |app| {
        client(&app, TODO).await;
        client(&app, "mail").await;
        let alice = app.registered("alice").await;
        let [one, two] = [logged_in(&app, TODO).await, logged_in(&app, TODO).await];
        let other = logged_in(&app, "mail").await;
        assert!(remove_client(&*app.store, TODO).await.expect("a store"));
        // At once, before its sessions are revoked.
        assert_refused(&refresh(&app, TODO, &one.refresh).await, 401, "invalid_client");
        assert_refused(&log_in(&app, TODO, "alice", PASSWORD).await, 401, "invalid_client");
        assert_refused(&refresh(&app, "mail", &one.refresh).await, 400, "invalid_grant");

        let revoked = revoke_sessions_of(&app.app.event_log, TODO, &mut |_| {}).await;
        assert_eq!(revoked.expect("a store"), 2);
        for tokens in [&one, &two] {
            let answer = app.call_me(&tokens.access).await;
            answer.assert_problem(401, "invalid_token");
            assert_eq!(answer.json()["ended_because"], "administrator");
        }
        assert!(!remove_client(&*app.store, TODO).await.expect("a store"), "once");
        app.call_me(&other.access).await.assert_ok();
        refresh(&app, "mail", &other.refresh).await.assert_ok();
        alice.refresh().await.assert_ok();
        let ended = alice.events().await;
        assert_eq!(ended.iter().filter(|kind| *kind == "session_ended").count(), 2);
        // Registered again, it gets none of them back.
        client(&app, TODO).await;
        assert_refused(&refresh(&app, TODO, &two.refresh).await, 400, "invalid_grant");
        logged_in(&app, TODO).await;
    })
    .await;
}

/// Its session would begin behind the back of the removal, which revokes those that it finds.
#[tokio::test]
async fn on_postgresql_a_login_waits_for_a_removal_that_is_not_committed() {
    let Some(schema) = Schema::new().await else { return };
    let store = store::open(schema.url.as_str()).await.expect("a store");
    let other = schema.connection().await;
    let app = TestApp::over(store, Place::Schema(schema), &[]).await;
    // Declared last: if the test fails, its lock is released before the schema is dropped.
    let mut other = other;
    client(&app, TODO).await;
    app.registered("alice").await;
    let remove = "BEGIN; DELETE FROM clients WHERE id = 'todo'";
    sqlx::raw_sql(remove).execute(&mut other).await.expect("a removal");
    log_in(&app, TODO, "alice", PASSWORD).await.assert_status(503);
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.expect("the end of it");
    logged_in(&app, TODO).await;
}

/// RFC 6749 section 2.2: an id is unique.
#[tokio::test]
async fn an_id_is_a_services_a_native_clients_or_the_sites_own() {
    let app = TestApp::in_memory().await;
    service(&app, "notes", ORIGIN).await;
    client(&app, TODO).await;
    let add = async |id: &str, name: Option<&str>| {
        add_client(&*app.store, id, name, app.clock.now()).await
    };
    for id in [TODO, "notes", "baton-web"] {
        assert!(matches!(add(id, None).await, Err(NativeClientError::Taken(_))), "{id}");
    }
    for id in ["", "Todo", "to do", "com.example.todo", &"x".repeat(65)] {
        assert!(matches!(add(id, None).await, Err(NativeClientError::Id(_))), "{id}");
    }
    for name in ["two\nlines", &"x".repeat(101)] {
        let added = add("mail", Some(name)).await;
        assert!(matches!(added, Err(NativeClientError::Name(_))), "{name}");
    }
    let now = app.clock.now();
    let entropy = backend::entropy::Entropy::system();
    let taken = backend::auth::introspection::add_service(&*app.store, &entropy, TODO, "x", now);
    assert!(taken.await.is_err(), "nor is a service's a native client's");
}
