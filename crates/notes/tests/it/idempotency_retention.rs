//! Retention of idempotency keys: how many, for how long, as hashes; and a retry takes no quota.

use notes::note::Draft;
use notes::store::{KeyedRequest, Page, RequestContext, Store, Wanted};
use shared::note::MAX_NOTES;
use shared::path::NOTES;
use shared::{NoteId, NumericDate, UserId};
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;

use crate::support::{START, TestApp};

const KEY: &str = "0123456789abcdef";
const OTHER_KEY: &str = "fedcba9876543210";
const MILK: &str = r#"{"title":"Milk","text":""}"#;
const BREAD: &str = r#"{"title":"Bread","text":""}"#;
const DAY: i64 = 24 * 60 * 60;

/// A connection to the database, without the service.
async fn database(app: &TestApp) -> SqlitePool {
    let options = SqliteConnectOptions::new().filename(app.folder.path().join("notes.db"));
    SqlitePool::connect_with(options).await.expect("the file")
}

async fn keys(app: &TestApp) -> i64 {
    let database = database(app).await;
    let count = sqlx::query_scalar("SELECT count(*) FROM idempotency_keys");
    let count = count.fetch_one(&database).await.expect("a count");
    database.close().await;
    count
}

#[tokio::test]
async fn a_copy_takes_nothing_from_the_quota() {
    let app = TestApp::new().await;
    let alice = app.alice();
    let owner = app.issuer.claims(1)["sub"].as_str().expect("a user").replace('-', "");
    let all_but_one = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) \
         INSERT INTO notes (id, owner, title, text, folded, created_at, changed_at, version) \
         SELECT randomblob(16), x'{owner}', 'Old', 'old', 'old', 1, 1, 1 FROM n",
        MAX_NOTES - 1
    );
    let insert = sqlx::query(sqlx::AssertSqlSafe(all_but_one));
    insert.execute(&database(&app).await).await.expect("notes");

    let last = alice.keyed(KEY, "POST", NOTES, MILK).await;
    assert_eq!(last.status, 201, "{}", last.body);
    for _ in 0..3 {
        let copy = alice.keyed(KEY, "POST", NOTES, MILK).await;
        assert_eq!((copy.status, &copy.body), (201, &last.body));
    }
    alice.keyed(OTHER_KEY, "POST", NOTES, MILK).await.assert_problem(409, "quota_exceeded");
    let place = last.header("location").expect("a place");
    assert_eq!(alice.ask("DELETE", place, "").await.status, 204);
    // The refusal was not stored.
    assert_eq!(alice.keyed(OTHER_KEY, "POST", NOTES, MILK).await.status, 201);
}

#[tokio::test]
async fn a_key_is_remembered_for_a_day_and_removed_after_it() {
    let app = TestApp::new().await;
    let alice = app.alice();
    let first = alice.keyed(KEY, "POST", NOTES, MILK).await;
    app.bob().keyed(OTHER_KEY, "POST", NOTES, MILK).await;
    app.advance(DAY - 1);
    assert_eq!(alice.keyed(KEY, "POST", NOTES, MILK).await.body, first.body);
    assert_eq!(keys(&app).await, 2);

    app.advance(2);
    let later = alice.keyed(KEY, "POST", NOTES, MILK).await;
    assert_eq!(later.status, 201);
    assert_ne!(later.header("location"), first.header("location"));
    assert_eq!(alice.titles("").await, ["Milk", "Milk"]);
    // It replaced its own expired key, and Bob's was pruned.
    assert_eq!(keys(&app).await, 1);
    // The key now belongs to the later request.
    assert_eq!(alice.keyed(KEY, "POST", NOTES, MILK).await.body, later.body);
}

#[tokio::test]
async fn a_key_that_is_forgotten_may_be_used_for_another_request() {
    let app = TestApp::new().await;
    app.alice().keyed(KEY, "POST", NOTES, MILK).await;
    app.advance(DAY + 1);
    assert_eq!(app.bob().keyed(KEY, "POST", NOTES, BREAD).await.status, 201);
    let first = app.alice().keyed(KEY, "POST", NOTES, MILK).await;
    first.assert_problem(422, "idempotency_key_reused");
}

#[tokio::test]
async fn of_a_user_500_keys_are_kept_and_the_oldest_are_evicted() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.alice(), app.bob());
    let of_bob = bob.keyed(OTHER_KEY, "POST", NOTES, MILK).await;
    let first = alice.keyed(KEY, "POST", NOTES, MILK).await;
    let place = first.header("location").expect("a place");
    let key = |number: usize| format!("the key of change {number}").replace(' ', "-");
    for number in 1..500 {
        app.pass(50);
        let answer = alice.keyed(&key(number), "PUT", place, BREAD).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    assert_eq!(keys(&app).await, 501);
    assert_eq!(alice.keyed(KEY, "POST", NOTES, MILK).await.body, first.body);

    assert_eq!(alice.keyed(&key(500), "PUT", place, BREAD).await.status, 200);
    assert_eq!(keys(&app).await, 501);
    // The oldest key is evicted, and no other.
    let again = alice.keyed(KEY, "POST", NOTES, MILK).await;
    assert_ne!(again.header("location"), first.header("location"));
    for (number, version) in [(2, "\"3\""), (500, "\"501\"")] {
        let copy = alice.keyed(&key(number), "PUT", place, BREAD).await;
        assert_eq!((copy.status, copy.header("etag")), (200, Some(version)));
    }
    // The limit is per user.
    assert_eq!(bob.keyed(OTHER_KEY, "POST", NOTES, MILK).await.body, of_bob.body);
}

#[tokio::test]
async fn no_key_is_written_down_as_it_is() {
    let app = TestApp::new().await;
    assert_eq!(app.alice().keyed(KEY, "POST", NOTES, MILK).await.status, 201);
    assert_eq!(keys(&app).await, 1);
    app.store.close().await;
    for entry in app.folder.path().read_dir().expect("the folder") {
        let path = entry.expect("a file").path();
        let bytes = std::fs::read(&path).expect("its bytes");
        let found = bytes.windows(KEY.len()).any(|window| window == KEY.as_bytes());
        assert!(!found, "{}", path.display());
    }
}

#[tokio::test]
async fn a_database_of_the_version_before_keeps_its_notes_and_takes_keys() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("notes.db");
    let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let before = SqlitePool::connect_with(options).await.expect("a new file");
    sqlx::migrate!().run_to(2, &before).await.expect("the schema of the version before");
    let (owner, old) = (UserId::from_bytes([1; 16]), NoteId::from_bytes([2; 16]));
    let insert = sqlx::query(
        "INSERT INTO notes (id, owner, title, text, folded, created_at, changed_at, version) \
         VALUES ($1, $2, 'Old', '', 'old', 1, 1, 1)",
    );
    let insert = insert.bind(old.as_bytes().as_slice()).bind(owner.as_bytes().as_slice());
    insert.execute(&before).await.expect("a note");
    before.close().await;

    let store = Store::open(&format!("sqlite:{}", file.display())).await.expect("its store");
    let key = KeyedRequest { key_hash: [3; 32], request_hash: [4; 32] };
    let context = RequestContext { now: NumericDate(START), key: Some(key) };
    for id in [5, 6] {
        let draft = Draft { title: "New".to_owned(), text: String::new() };
        let id = NoteId::from_bytes([id; 16]);
        let made =
            store.create(owner, id, draft, context).await.expect("an answer").expect("a note");
        assert_eq!(made.note.id, NoteId::from_bytes([5; 16]));
    }
    let (wanted, page) = (Wanted { before: None, text: "" }, Page { notes: 10, bytes: 100 });
    let notes = store.list(owner, wanted, page).await.expect("a list").notes;
    let titles: Vec<_> = notes.iter().map(|note| note.title.as_str()).collect();
    assert_eq!(titles, ["New", "Old"]);
}

#[tokio::test]
async fn old_keys_are_forgotten_without_a_write() {
    let app = TestApp::new().await;
    let alice = app.alice();
    assert_eq!(alice.keyed(KEY, "POST", NOTES, MILK).await.status, 201);
    app.advance(DAY / 2);
    assert_eq!(alice.keyed(OTHER_KEY, "POST", NOTES, BREAD).await.status, 201);
    let now = |seconds: i64| NumericDate(START + seconds);
    assert_eq!(app.store.prune_old_keys(now(DAY)).await.expect("a store"), 0);
    assert_eq!(app.store.prune_old_keys(now(DAY + 1)).await.expect("a store"), 1);
    assert_eq!(app.store.prune_old_keys(now(2 * DAY)).await.expect("a store"), 1);
    assert_eq!(keys(&app).await, 0);
}
