//! Bulk revocation: in batches, each with its events, complete after a retry, bounded while new sessions are opened.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use backend::auth::revocation::key_revocation::revoke_key;
use backend::keys::KeyError;
use backend::store::{Change, Event, EventQuery, KeyPurpose, Session, User};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use serde_json::json;
use shared::{EventKind, SessionId, UserId, path};

use crate::support::program::{Serving, folder, request, run, run_sql};
use crate::support::{Browser, Faulty, PASSWORD, Place, START, TestApp, on_every_store};

/// Rows per batch.
const PART: usize = 1_000;

/// The session of a browser, and its user.
async fn row_of(app: &TestApp, browser: &Browser) -> (Session, User) {
    let id: SessionId =
        browser.claims()["sid"].as_str().and_then(|sid| sid.parse().ok()).expect("an id");
    app.store.find_session(id).await.expect("a store").expect("a session")
}

/// A copy of the session with another id; a larger number sorts later.
fn copy_of(session: &Session, number: u32) -> Session {
    let mut id = *session.id.as_bytes();
    id[12..].copy_from_slice(&number.to_be_bytes());
    Session { id: SessionId::from_bytes(id), ..session.clone() }
}

fn opened(session: Session, user: &User) -> Change {
    Change::OpenSession {
        session: Box::new(session),
        seen: user.password_hash.clone(),
        superseded: Vec::new(),
    }
}

/// Opens so many more sessions for the user of a browser.
async fn with_more(app: &TestApp, browser: &Browser, many: usize) -> (Session, User) {
    let (session, user) = row_of(app, browser).await;
    open_copies(app, (&session, &user), 0..u32::try_from(many).expect("a number")).await;
    (session, user)
}

/// Concurrently, so that the engine's group commit takes them together.
async fn open_copies(app: &TestApp, (session, user): (&Session, &User), numbers: Range<u32>) {
    let copies = numbers.map(|number| opened(copy_of(session, number), user));
    let mut opening =
        stream::iter(copies).map(|open| app.store.commit(open, Vec::new())).buffer_unordered(8);
    while let Some(done) = opening.next().await {
        assert!(done.expect("a store").took_place());
    }
}

async fn revocation_events(app: &TestApp, user: UserId) -> Vec<Event> {
    let query =
        EventQuery { user, before: None, kinds: vec![EventKind::SessionEnded], limit: 9_999 };
    app.store.events(&query).await.expect("a store")
}

#[tokio::test]
async fn all_sessions_are_revoked_each_with_an_event_and_progress_is_reported() {
    on_every_store(async |app| {
        let (alice, bob) = (app.registered("alice").await, app.registered("bob").await);
        let (_, user) = with_more(&app, &alice, PART).await;
        let mut reported = Vec::new();
        let ended =
            app.administration().revoke_everyones(&mut |sessions| reported.push(sessions)).await;
        assert_eq!(ended.expect("a store"), PART as u64 + 2);
        assert_eq!(reported, [1_000, 1_002]);
        for browser in [&alice, &bob] {
            let refused = browser.me().await;
            refused.assert_problem(401, "invalid_token");
            assert_eq!(refused.json()["ended_because"], "administrator");
            browser.refresh().await.assert_problem(401, "invalid_grant");
        }
        let events = revocation_events(&app, user.id).await;
        assert_eq!(events.len(), PART + 1);
        assert!(events.iter().all(|event| event.at == START));
        let sessions: BTreeSet<_> = events.iter().filter_map(|event| event.session).collect();
        assert_eq!(sessions.len(), PART + 1, "one of each");
        let (_, user) = row_of(&app, &bob).await;
        assert_eq!(revocation_events(&app, user.id).await.len(), 1);
        let again = app.administration().revoke_everyones(&mut |_| {}).await;
        assert_eq!(again.expect("a store"), 0);
        app.logged_in("alice").await.me().await.assert_ok();
    })
    .await;
}

/// Committed batches stay revoked, with their events; a repeat revokes the rest.
#[tokio::test(start_paused = true)]
async fn a_retry_completes_a_bulk_revocation_that_failed_half_way() {
    let store = Faulty::new();
    let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
    let alice = app.registered("alice").await;
    let (_, user) = with_more(&app, &alice, 2 * PART).await;
    store.break_after(1);
    let mut reported = 0;
    let broken = app.administration().revoke_everyones(&mut |sessions| reported = sessions).await;
    assert!(broken.is_err() && reported == PART as u64, "{reported}");
    store.set_broken(false);
    assert_eq!(revocation_events(&app, user.id).await.len(), PART);
    let rest = app.administration().revoke_everyones(&mut |_| {}).await;
    assert_eq!(rest.expect("a store"), PART as u64 + 1);
    assert_eq!(revocation_events(&app, user.id).await.len(), 2 * PART + 1);
}

/// A transient storage error, such as a locked or restarting database, is retried.
#[tokio::test(start_paused = true)]
async fn a_batch_whose_answer_was_lost_is_retried() {
    let store = Faulty::new();
    let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
    let alice = app.registered("alice").await;
    let (_, user) = with_more(&app, &alice, 2 * PART).await;
    store.lose_next_answers(2);
    app.administration().revoke_everyones(&mut |_| {}).await.expect("a store");
    assert!(app.store.sessions_of(user.id).await.expect("a store").is_empty());
    assert_eq!(revocation_events(&app, user.id).await.len(), 2 * PART + 1);
}

/// A session that is opened during the revocation stays active and does not prolong the loop.
#[tokio::test]
async fn sessions_that_begin_later_stay_active() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let (session, user) = with_more(&app, &alice, PART).await;
    let (store, mut later) = (Arc::clone(&app.store), 0_u32);
    let mut begin_more = |_: u64| {
        for _ in 0..PART {
            later += 1;
            let copy = copy_of(&session, u32::MAX - PART as u32 * 10 + later);
            let begun = store.commit(opened(copy, &user), Vec::new()).now_or_never();
            assert!(begun.expect("memory answers at once").expect("a store").took_place());
        }
    };
    let ended = app.administration().revoke_everyones(&mut begin_more).await;
    assert_eq!(ended.expect("a store"), PART as u64 + 1);
    assert!(later as usize >= PART);
    assert_eq!(app.store.sessions_of(user.id).await.expect("a store").len(), PART);
}

/// A script that logs in at each run has thousands of sessions.
#[tokio::test]
async fn a_user_with_thousands_of_sessions_loses_them_all() {
    on_every_store(async |app| {
        let (alice, bob) = (app.registered("alice").await, app.registered("bob").await);
        let (session, user) = with_more(&app, &alice, 2 * PART).await;
        let mut reported = Vec::new();
        let mut progress = |sessions: u64| reported.push(sessions);
        let disabled = app.administration().disable(&user, &mut progress).await;
        assert_eq!(disabled.expect("a store"), 2 * PART as u64 + 1);
        assert_eq!(reported, [1_000, 2_000, 2_001]);
        alice.me().await.assert_problem(401, "invalid_token");
        alice.refresh().await.assert_problem(401, "invalid_grant");

        app.administration().enable(&user).await.expect("a store");
        let (first, more) = (u32::MAX / 2, u32::try_from(PART).expect("a number"));
        open_copies(&app, (&session, &user), first..first + more + 1).await;
        let mut reported = Vec::new();
        let mut progress = |sessions: u64| reported.push(sessions);
        let ended = app.administration().revoke_sessions(&user, &mut progress).await;
        assert_eq!(ended.expect("a store"), PART as u64 + 1);
        assert_eq!(reported, [1_000, 1_001]);
        assert!(app.store.sessions_of(user.id).await.expect("a store").is_empty());
        bob.me().await.assert_ok();
    })
    .await;
}

/// Storage fails between disabling the user and revoking the last session; the command is run again.
#[tokio::test(start_paused = true)]
async fn disabling_again_revokes_the_sessions_that_a_failure_left() {
    let store = Faulty::new();
    let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
    let alice = app.registered("alice").await;
    let (_, user) = with_more(&app, &alice, PART).await;
    store.break_after(1);
    let mut reported = Vec::new();
    let mut progress = |sessions: u64| reported.push(sessions);
    app.administration().disable(&user, &mut progress).await.expect_err("storage fails");
    assert_eq!(reported, [1_000], "disabling has revoked the first part");
    store.set_broken(false);
    assert_eq!(app.store.sessions_of(user.id).await.expect("a store").len(), 1);
    assert_eq!(app.administration().disable(&user, &mut |_| {}).await.expect("a store"), 1);
    assert!(app.store.sessions_of(user.id).await.expect("a store").is_empty());
}

/// Parts are ranges of all sessions: one without a session of the key neither ends the revocation nor is reported.
#[tokio::test]
async fn the_sessions_of_a_revoked_key_are_revoked_in_parts_between_those_of_others() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let (session, user) = row_of(&app, &alice).await;
        let stolen = session.refresh_key_id.clone();
        let keys = &app.app.keys;
        let rotated = keys.rotate(KeyPurpose::Refresh, &app.store, app.clock.now()).await;
        let next = rotated.expect("a store").kid;
        let other = Session { refresh_key_id: next.clone(), ..session.clone() };
        open_copies(&app, (&session, &user), 0..1_000).await;
        open_copies(&app, (&other, &user), 1_000..2_000).await;
        open_copies(&app, (&session, &user), 2_000..3_000).await;

        let mut reported = Vec::new();
        let mut progress = |sessions: u64| reported.push(sessions);
        let revoked = revoke_key(&app.app.event_log, keys, &stolen, &mut progress).await;
        assert_eq!(revoked.expect("a store").sessions, 2_001);
        assert_eq!(reported, [1_000, 2_000, 2_001]);
        assert_eq!(revocation_events(&app, user.id).await.len(), 2_001);
        let left = app.store.sessions_of(user.id).await.expect("a store");
        assert_eq!(left.len(), PART);
        assert!(left.iter().all(|session| session.refresh_key_id == next));
        alice.me().await.assert_problem(401, "invalid_token");
    })
    .await;
}

/// Storage fails after the key and the first part of its sessions; the command is run again.
#[tokio::test(start_paused = true)]
async fn a_key_revocation_that_failed_between_two_parts_is_completed_by_a_retry() {
    let store = Faulty::new();
    let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
    let alice = app.registered("alice").await;
    let (session, user) = with_more(&app, &alice, 2 * PART).await;
    let (keys, stolen) = (&app.app.keys, &session.refresh_key_id);
    let mut reported = Vec::new();
    store.break_after(2);
    let mut progress = |sessions: u64| reported.push(sessions);
    let broken = revoke_key(&app.app.event_log, keys, stolen, &mut progress).await;
    assert!(matches!(broken, Err(KeyError::Store(_))), "{broken:?}");
    assert_eq!(reported, [1_000]);
    store.set_broken(false);
    assert_eq!(revocation_events(&app, user.id).await.len(), PART);

    reported.clear();
    let mut progress = |sessions: u64| reported.push(sessions);
    let rest = revoke_key(&app.app.event_log, keys, stolen, &mut progress).await;
    assert_eq!(rest.expect("a store").sessions, PART as u64 + 1);
    assert_eq!(reported, [1_000, 1_001]);
    assert_eq!(revocation_events(&app, user.id).await.len(), 2 * PART + 1);
}

/// Twelve thousand more sessions like the one that is there.
const MORE: &str = "
    INSERT INTO sessions (id, user_id, seed, refresh_key_id, generation, accepted_at, created_at)
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 12000)
    SELECT randomblob(16), user_id, seed, refresh_key_id, generation, accepted_at, created_at
    FROM numbers, (SELECT * FROM sessions LIMIT 1)";

/// The operator who waits reads a line each ten thousand sessions.
#[test]
fn every_command_that_revokes_thousands_of_sessions_reports_its_progress() {
    let folder = folder();
    let server = Serving::start(folder.path());
    let body = json!({"email": "bob@example.com", "password": PASSWORD}).to_string();
    let registered = server.ask(&request("POST", path::REGISTER, &[], &body));
    assert!(registered.starts_with("HTTP/1.1 201 "), "{registered}");
    drop(server);
    let keys = run(folder.path(), &["keys", "list"]).stdout;
    let keys = String::from_utf8(keys).expect("UTF-8");
    let mut lines = keys.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let kid = lines.find(|columns| columns[1] == "refresh").expect("a refresh key")[0];
    for (command, answer) in [
        (&["sessions", "revoke", "--all", "--yes"][..], "revoked 12001 sessions of all users"),
        (&["sessions", "revoke", "--user", "bob@example.com"], "revoked 12000 sessions of bob"),
        (&["users", "disable", "bob@example.com"], "and revoked 12000 sessions"),
        (&["keys", "revoke", kid, "--yes"], "is revoked, and 12000 sessions with it"),
    ] {
        run_sql(&folder.path().join("baton.db"), MORE);
        let done = run(folder.path(), command);
        let said = String::from_utf8(done.stdout).expect("UTF-8");
        let reported = String::from_utf8(done.stderr).expect("UTF-8");
        assert!(done.status.success() && said.contains(answer), "{command:?}: {said}{reported}");
        // A part may end beyond the ten thousand.
        let lines = reported.lines().filter(|line| line.ends_with(" sessions so far"));
        let lines: Vec<&str> = lines.collect();
        assert!(
            matches!(lines[..], [line] if line.starts_with("revoked 10")),
            "{command:?}: {lines:?}"
        );
    }
}
