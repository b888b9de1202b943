//! The store with hot rows over a file, beside another process: a connection that knows nothing of them.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use rotation::{Attempt, Family, Generation, Seed};
use shared::{NumericDate, RevocationReason, SessionId, UserId};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Row as _};
use tempfile::TempDir;
use tokio::time::Instant;

use super::rows::{Acceptance, Rows, WRITE_AFTER};
use super::{Exclusive as _, Hot, Standing};
use crate::auth::account::email::Email;
use crate::pace::rest;
use crate::store::queries::Sql;
use crate::store::sqlite::Sqlite;
use crate::store::{
    Accepted, Change, ClientInfo, Opening, Outcome, Revocation, Session, Store, StoreError,
    Superseded, User,
};

const NOW: NumericDate = NumericDate(1_800_000_000);
const LOGOUT: Revocation = Revocation { reason: RevocationReason::Logout, at: NOW };
const ID: SessionId = SessionId::from_bytes([1; 16]);

/// A database with one session, served by one process.
struct Served {
    store: Hot<Sql<Sqlite>>,
    other: SqliteConnection,
    folder: TempDir,
}

impl Served {
    async fn new() -> Self {
        Self::with(Hot::over).await
    }

    /// The same without the task that writes.
    async fn by_hand() -> Self {
        Self::with(Hot::by_hand).await
    }

    async fn with(start: fn(Sql<Sqlite>) -> Hot<Sql<Sqlite>>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = start(engine(&folder).await);
        let mut other = SqliteConnectOptions::new();
        other = other.filename(folder.path().join("test.db"));
        let other = other.connect().await.expect("another process");
        let (user, session) = (Box::new(user()), Box::new(session(ID)));
        let registered = commit(&store, Change::Register(user, session, Vec::new())).await;
        assert!(registered.took_place());
        alone(&store).await;
        Self { store, other, folder }
    }

    /// The session's row as another process sees it.
    async fn on_disk(&mut self) -> (u32, bool) {
        let row = sqlx::query("SELECT generation, revoked_at IS NULL FROM sessions WHERE id = $1");
        let row = row.bind(ID.as_bytes().as_slice()).fetch_one(&mut self.other).await;
        let row = row.expect("the row");
        (row.get(0), row.get(1))
    }

    async fn write_elsewhere(&mut self, sql: &'static str) {
        sqlx::raw_sql(sql).execute(&mut self.other).await.expect("another process writes");
    }

    async fn session(&self) -> Session {
        self.find(ID).await
    }

    async fn find(&self, id: SessionId) -> Session {
        self.store.find_session(id).await.expect("a store").expect("the session").0
    }

    /// Accepts the next rotation; whether it took place.
    async fn rotate(&self) -> bool {
        self.rotate_one(ID).await
    }

    async fn rotate_one(&self, id: SessionId) -> bool {
        let session = self.find(id).await;
        commit(&self.store, next(&session)).await.took_place()
    }

    /// Begins a write of rotations, up to where its outcome is waited for.
    fn begin_to_write(&self) -> Pin<Box<impl Future<Output = Result<(), StoreError>>>> {
        let mut write = Box::pin(self.store.write());
        assert!(write.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        write
    }
}

async fn serve(folder: &TempDir) -> Hot<Sql<Sqlite>> {
    Hot::over(engine(folder).await)
}

async fn engine(folder: &TempDir) -> Sql<Sqlite> {
    let url = format!("sqlite:{}", folder.path().join("test.db").display());
    let (engine, schema) = Sqlite::open(&url, Opening::Create).await.expect("a database");
    Sql::new(engine, schema)
}

/// Waits until rows in memory count.
async fn alone(store: &Hot<Sql<Sqlite>>) {
    while store.shared.engine.standing() != Standing::Undisturbed {
        rest(Duration::from_millis(5)).await;
    }
}

async fn commit(store: &impl Store, change: Change) -> Outcome {
    store.commit(change, Vec::new()).await.expect("a store")
}

fn user() -> User {
    User {
        id: UserId::from_bytes([1; 16]),
        email: Email::parse("user@example.com").expect("an address"),
        name: None,
        password_hash: "$argon2id$".to_owned(),
        created_at: NOW,
        disabled_at: None,
    }
}

fn session(id: SessionId) -> Session {
    Session {
        id,
        user: user().id,
        seed: Seed::from_bytes([1; 32]),
        refresh_key_id: "key-1".to_owned(),
        family: Family::begun(NOW),
        authenticated_at: NOW,
        step_up_required_at: None,
        client: ClientInfo::unknown(),
        client_id: None,
    }
}

fn next(session: &Session) -> Change {
    let seen = session.family.generation;
    let key = Attempt::parse(&format!("key-of-attempt-{:020}", seen.0)).expect("a key");
    let family = session.family.accepted(Generation(seen.0 + 1), Some(key), NOW.plus(60));
    let accepted = Accepted { seen, family, client: ClientInfo::unknown() };
    Change::Accept(session.id, Box::new(accepted))
}

#[tokio::test]
async fn a_rotation_takes_place_in_memory_and_is_written_a_moment_later() {
    let mut served = Served::new().await;
    let first = served.session().await;
    assert!(served.rotate().await);
    assert_eq!(served.on_disk().await, (0, true), "not yet");
    assert_eq!(served.session().await.family.generation, Generation(1), "read at once");
    assert!(!commit(&served.store, next(&first)).await.took_place(), "it was overtaken");
    assert!(served.rotate().await);
    while served.on_disk().await != (2, true) {
        rest(WRITE_AFTER / 10).await;
    }
    let reopened = {
        served.store.close().await;
        serve(&served.folder).await
    };
    let (stored, _) = reopened.find_session(ID).await.expect("a store").expect("the session");
    let family = stored.family;
    assert!(family.attempt.is_some() && family.previous_attempt.is_some(), "keys and all");
    assert_eq!(family.accepted_at, NOW.plus(60));
}

#[tokio::test]
async fn closing_writes_what_is_in_memory_alone() {
    let mut served = Served::new().await;
    served.session().await;
    assert!(served.rotate().await);
    assert_eq!(served.on_disk().await, (0, true));
    served.store.close().await;
    assert_eq!(served.on_disk().await, (1, true));
}

#[tokio::test]
async fn a_rotation_that_comes_while_the_store_closes_is_written_or_fails() {
    let mut served = Served::new().await;
    served.session().await;
    assert!(served.rotate().await);
    let second = next(&served.session().await);
    let mut close = Box::pin(served.store.close());
    assert!(close.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let (rotated, ()) = tokio::join!(served.store.commit(second, Vec::new()), close);
    let is_accepted = rotated.is_ok_and(|outcome| outcome.took_place());
    assert_eq!(served.on_disk().await, (if is_accepted { 2 } else { 1 }, true));
}

/// Two calls read a row. The slower one must not put it over the rotation that followed the faster one.
#[test]
fn a_row_that_was_read_before_a_rotation_is_not_added_after_it_was_written() {
    let mut rows = Rows::new(Duration::MAX);
    let (version, read) = (rows.version(), session(ID));
    rows.add(version, &read, &user());
    let Change::Accept(id, accepted) = next(&read) else { panic!("a rotation") };
    assert_eq!(rows.accept(id, &accepted), Acceptance::Accepted);
    let unwritten = rows.unwritten();
    rows.written(&unwritten);
    rows.add(version, &read, &user());
    let (row, _) = rows.get(ID).expect("the row");
    assert_eq!(row.family.generation, Generation(1));
}

/// The next write finds one rotation written already. It must not drop what came after it to another session.
#[tokio::test]
async fn a_write_whose_outcome_is_not_known_costs_no_later_rotation() {
    let mut served = Served::by_hand().await;
    let (seen, other) = (user().password_hash, SessionId::from_bytes([2; 16]));
    let session = Box::new(session(other));
    let open = Change::OpenSession { session, seen, superseded: Vec::new() };
    assert!(commit(&served.store, open).await.took_place());
    served.session().await;
    served.find(other).await;
    assert!(served.rotate().await && served.rotate_one(other).await);
    drop(served.begin_to_write());
    while served.on_disk().await != (1, true) {
        rest(Duration::from_millis(5)).await;
    }
    alone(&served.store).await;
    assert!(served.rotate_one(other).await);
    let write = served.begin_to_write();
    assert!(served.rotate_one(other).await);
    write.await.expect("a store");
    assert_eq!(served.find(other).await.family.generation, Generation(3));
    assert_eq!(served.store.unwritten().len(), 1, "the last one");
}

/// What cannot be written is due all the time.
#[tokio::test]
async fn a_write_that_fails_is_not_tried_again_at_once() {
    let mut served = Served::by_hand().await;
    served.session().await;
    assert!(served.rotate().await);
    served.write_elsewhere("ALTER TABLE sessions RENAME TO gone").await;
    let begun = Instant::now();
    let task = tokio::spawn(Arc::clone(&served.store.shared).run());
    // One for the other process, and one for each connection that the writer gives up after it has failed. A look
    // that shares a group with a write fails with it.
    let engine = &served.store.shared.engine;
    while !engine.look().await.is_ok_and(|seen| seen.number >= 6) {
        rest(Duration::from_millis(5)).await;
    }
    task.abort();
    assert!(begun.elapsed() >= 2 * WRITE_AFTER, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_crash_loses_the_rotations_of_a_moment_and_no_revocation() {
    let mut served = Served::new().await;
    let (user, other) = (user(), SessionId::from_bytes([2; 16]));
    let open = Change::OpenSession {
        session: Box::new(session(other)),
        seen: user.password_hash,
        superseded: Vec::new(),
    };
    assert!(commit(&served.store, open).await.took_place());
    served.session().await;
    assert!(commit(&served.store, Change::RevokeSession(other, LOGOUT)).await.took_place());
    assert!(served.rotate().await);
    // As when the process is killed: nothing is closed.
    drop(served.store);
    served.store = serve(&served.folder).await;
    assert_eq!(served.on_disk().await, (0, true), "the rotation is lost");
    let (revoked, _) = served.store.find_session(other).await.expect("a store").expect("a row");
    assert!(!revoked.is_live());
    assert!(served.rotate().await, "the client's next ticket is ahead, and is accepted");
}

#[tokio::test]
async fn what_another_process_revokes_is_noticed_before_the_next_answer() {
    const REVOKE: &str = "UPDATE sessions SET revoked_at = 1800000000, revoked_because = 'logout' WHERE revoked_at IS NULL";
    for has_unwritten in [false, true] {
        let mut served = Served::new().await;
        let mut read = served.session().await;
        if has_unwritten {
            assert!(served.rotate().await);
            read = served.session().await;
        }
        served.write_elsewhere(REVOKE).await;
        assert!(!commit(&served.store, next(&read)).await.took_place());
        assert!(!served.session().await.is_live());
        served.store.close().await;
        assert_eq!(served.on_disk().await, (0, false), "it stands");
    }
}

#[tokio::test]
async fn what_another_process_changes_beside_an_unwritten_rotation_is_kept() {
    let mut served = Served::new().await;
    served.session().await;
    assert!(served.rotate().await);
    served.write_elsewhere("UPDATE users SET name = 'Another' WHERE disabled_at IS NULL").await;
    let found = served.store.find_session(ID).await.expect("a store").expect("the session");
    assert_eq!(found.0.family.generation, Generation(1));
    assert_eq!(found.1.name.as_deref(), Some("Another"));
    while served.on_disk().await != (1, true) {
        rest(WRITE_AFTER / 10).await;
    }
    assert_eq!(served.session().await.family.generation, Generation(1));
}

/// Another process has committed, and now keeps all others from writing.
#[tokio::test]
async fn what_is_in_memory_alone_can_be_read_while_nothing_can_be_written() {
    let mut served = Served::new().await;
    served.session().await;
    assert!(served.rotate().await);
    served.write_elsewhere("UPDATE users SET name = 'Another' WHERE disabled_at IS NULL").await;
    served.write_elsewhere("BEGIN EXCLUSIVE").await;
    let found = served.store.find_session(ID).await.expect("a store").expect("the session");
    assert_eq!(found.0.family.generation, Generation(1));
    assert_eq!(found.1.name.as_deref(), Some("Another"));
    let sessions = served.store.sessions_of(user().id).await.expect("a store");
    assert_eq!(sessions[0].family.generation, Generation(1));
    served.write_elsewhere("ROLLBACK").await;
}

/// Each change that may touch a session's row, or its user's.
#[tokio::test]
async fn a_change_comes_after_the_rotations_before_it_and_is_seen_at_once() {
    let user = user().id;
    let scopes = crate::store::SessionScope::User(user);
    let part = crate::store::Part {
        after: SessionId::from_bytes([0; 16]),
        up_to: SessionId::from_bytes([9; 16]),
        scope: crate::store::PartScope::All,
    };
    let part = crate::store::SessionScope::Part(part);
    let new = Box::new(session(SessionId::from_bytes([3; 16])));
    let seen = "$argon2id$".to_owned();
    let superseded = vec![Superseded(ID, LOGOUT)];
    let changes = [
        Change::RevokeSession(ID, LOGOUT),
        Change::RevokeSessions(scopes, LOGOUT),
        Change::RevokeSessions(part, LOGOUT),
        Change::Disable(user, LOGOUT),
        Change::Erase(user, LOGOUT),
        Change::OpenSession { session: new, seen, superseded },
    ];
    for change in changes {
        let mut served = Served::new().await;
        served.session().await;
        assert!(served.rotate().await);
        let before = served.session().await;
        assert!(commit(&served.store, change).await.took_place());
        assert!(!served.session().await.is_live());
        assert!(!commit(&served.store, next(&before)).await.took_place());
        assert_eq!(served.on_disk().await, (1, false));
    }
}

#[tokio::test]
async fn a_change_of_the_user_is_seen_at_once() {
    let served = Served::new().await;
    served.session().await;
    let rename = Change::Rename { user: user().id, name: Some("Another".to_owned()) };
    assert!(commit(&served.store, rename).await.took_place());
    let found = served.store.find_session(ID).await.expect("a store").expect("the session");
    assert_eq!(found.1.name.as_deref(), Some("Another"));
}

/// The change takes place although its caller is gone: a row that was read in between must not stay.
#[tokio::test]
async fn a_change_whose_caller_is_gone_leaves_no_old_row_in_memory() {
    let mut served = Served::new().await;
    served.session().await;
    let revoke = served.store.commit(Change::RevokeSession(ID, LOGOUT), Vec::new());
    let mut revoke = Box::pin(revoke);
    assert!(revoke.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(revoke);
    let _ = served.session().await;
    while served.on_disk().await.1 {
        let _ = served.session().await;
    }
    alone(&served.store).await;
    assert!(!served.session().await.is_live());
}

#[tokio::test]
async fn two_servers_of_a_file_keep_nothing_in_memory_and_the_one_left_does_again() {
    let mut served = Served::new().await;
    served.session().await;
    assert!(served.rotate().await);
    let second = Arc::new(serve(&served.folder).await);
    assert_eq!(second.shared.engine.standing(), Standing::Shared);
    assert_eq!(served.store.shared.engine.standing(), Standing::Shared);
    for generation in 1..4 {
        let (row, _) = second.find_session(ID).await.expect("a store").expect("the session");
        assert_eq!(row.family.generation, Generation(generation), "written before it made room");
        assert!(served.rotate().await);
        assert_eq!(served.on_disk().await, (generation + 1, true));
    }
    served.store.close().await;
    drop(served.store);
    alone(&second).await;
    let (row, _) = second.find_session(ID).await.expect("a store").expect("the session");
    assert!(commit(&*second, next(&row)).await.took_place());
    served.store = serve(&served.folder).await;
    assert_eq!(second.shared.engine.standing(), Standing::Shared, "and the next one is let in");
    assert_eq!(served.session().await.family.generation, Generation(5));
}
