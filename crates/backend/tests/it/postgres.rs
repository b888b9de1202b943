//! PostgreSQL from the operator's side: concurrent migrations, a network that freezes, swallows and cuts, durability,
//! isolation, and errors without credentials.

use std::collections::BTreeSet;
use std::pin::pin;
use std::time::Duration;

use axum::http::Method;
use backend::auth::login::password_hasher::Priority;
use backend::pace::rest;
use backend::store;
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use shared::path;
use sqlx::{AssertSqlSafe, PgConnection, Row as _};

use crate::support::{Answer, Browser, PASSWORD, Place, Relay, Schema, TestApp};

const KEY: &str = "attempt-key-number-1";
/// The deadline for a response while storage is silent.
const PATIENCE: Duration = Duration::from_secs(3);

/// A server that reaches PostgreSQL through a relay.
async fn far_away() -> Option<(TestApp, Relay)> {
    let schema = Schema::new().await?;
    let host = schema.url.host_str().expect("a host").to_owned();
    let relay = Relay::to(host, schema.url.port().unwrap_or(5432)).await;
    let store = store::open(schema.through(relay.port).as_str()).await.expect("a store");
    Some((TestApp::over(store, Place::Schema(schema), &[]).await, relay))
}

async fn in_time<T>(answer: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, answer).await.expect("an answer within 3 s")
}

#[track_caller]
fn assert_unavailable(answer: &Answer) {
    answer.assert_problem(503, "temporarily_unavailable");
    assert!(answer.header("retry-after").is_some(), "{answer:?}");
    assert!(answer.set_cookies().is_empty(), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_that_start_at_once_find_one_schema() {
    for _ in 0..3 {
        let Some(schema) = Schema::new().await else { return };
        for start in join_all((0..8).map(|_| store::open(schema.url.as_str()))).await {
            start.expect("a store").ping().await.expect("an answer");
        }
    }
}

#[tokio::test]
async fn a_server_that_freezes_is_503_in_time_and_nothing_is_lost() {
    let Some((app, relay)) = far_away().await else { return };
    let alice = app.registered("alice").await;
    alice.refresh().await.assert_ok();
    let before = alice.refresh_token();
    relay.freeze();
    for _ in 0..2 {
        let (refresh, me, login, register, ready) = tokio::join!(
            in_time(alice.refresh_with(KEY)),
            in_time(alice.me()),
            in_time(alice.login("alice", PASSWORD)),
            in_time(alice.register("bob")),
            in_time(alice.get(path::HEALTH_READY)),
        );
        for answer in [refresh, me, login, register, ready] {
            assert_unavailable(&answer);
        }
    }
    assert_eq!(alice.refresh_token(), before);

    relay.thaw();
    in_time(alice.get(path::HEALTH_READY)).await.assert_ok();
    in_time(alice.refresh_with(KEY)).await.assert_ok();
    in_time(alice.me()).await.assert_ok();
}

/// Calls that timed out must release their connections: otherwise the pool stays exhausted after the network has
/// healed.
#[tokio::test]
async fn connections_that_never_answer_again_are_closed() {
    let Some((app, relay)) = far_away().await else { return };
    let alice = app.registered("alice").await;
    // Concurrent calls, so that the pool opens many connections.
    let many = || join_all((0..40).map(|_| in_time(alice.me())));
    for answer in many().await {
        answer.assert_ok();
    }
    alice.refresh().await.assert_ok();
    relay.swallow();
    many().await;
    for answer in many().await {
        answer.assert_ok();
    }
    in_time(alice.refresh()).await;
    in_time(alice.refresh_with(KEY)).await.assert_ok();
}

#[tokio::test]
async fn a_server_that_cuts_every_connection_is_found_again() {
    let Some((app, relay)) = far_away().await else { return };
    let alice = app.registered("alice").await;
    join_all((0..40).map(|_| in_time(alice.me()))).await;
    alice.refresh().await.assert_ok();
    relay.cut();
    // The first call may meet the dead connection and be a 503; the second must not.
    in_time(alice.me()).await;
    in_time(alice.me()).await.assert_ok();
    in_time(alice.refresh_with(KEY)).await;
    in_time(alice.refresh_with(KEY)).await.assert_ok();
}

/// The rotation was committed, its response lost: the retry with the same key succeeds.
#[tokio::test]
async fn a_rotation_whose_answer_was_cut_off_heals_with_its_key() {
    let Some((app, relay)) = far_away().await else { return };
    let alice = app.registered("alice").await;
    relay.cut_before(b"UPDATE 1");
    assert_unavailable(&in_time(alice.refresh_with(KEY)).await);
    in_time(alice.refresh_with(KEY)).await.assert_ok();
    in_time(alice.refresh()).await.assert_ok();
}

#[tokio::test]
async fn a_registration_whose_commit_was_cut_off_is_no_success() {
    let Some((app, relay)) = far_away().await else { return };
    let alice = app.browser();
    relay.cut_before(b"COMMIT");
    assert_unavailable(&in_time(alice.register("alice")).await);
    // The registration was committed: the user can log in.
    in_time(alice.login("alice", PASSWORD)).await.assert_ok();
}

#[tokio::test]
async fn a_logout_whose_answer_was_cut_off_is_no_success() {
    let Some((app, relay)) = far_away().await else { return };
    let alice = app.registered("alice").await;
    relay.cut_before(b"COMMIT");
    assert_unavailable(&in_time(alice.logout()).await);
    in_time(alice.me()).await.assert_problem(401, "invalid_token");
}

/// Another program holds the lock: the statement times out, and its connection returns to the pool.
#[tokio::test]
async fn a_locked_row_is_503_and_nothing_is_lost() {
    let Some(schema) = Schema::new().await else { return };
    let store = store::open(schema.url.as_str()).await.expect("a store");
    let mut other = schema.connection().await;
    let app = TestApp::over(store, Place::Schema(schema), &[]).await;
    let alice = app.registered("alice").await;
    sqlx::raw_sql("BEGIN; LOCK sessions").execute(&mut other).await.expect("the lock");
    assert_unavailable(&in_time(alice.refresh_with(KEY)).await);
    assert_unavailable(&in_time(alice.logout()).await);
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.expect("the end of it");
    in_time(alice.refresh_with(KEY)).await.assert_ok();
}

/// The server processes behind the connections of this name, or of those that have rotated last.
async fn processes(observer: &mut PgConnection, name: &str, rotated_last: bool) -> BTreeSet<i32> {
    let processes = sqlx::query(
        "SELECT pid FROM pg_stat_activity
         WHERE application_name = $1 AND (NOT $2 OR query LIKE '%UPDATE sessions%')",
    );
    let rows = processes.bind(name).bind(rotated_last).fetch_all(observer).await.expect("a look");
    rows.iter().map(|row| row.get("pid")).collect()
}

/// Another program holds a lock on the counts. A login that has waited for a permit gives up before the server does:
/// that says nothing about other connections of the pool, which it shares with rotations.
#[tokio::test]
async fn a_login_that_gives_up_at_a_locked_count_leaves_rotations_their_connections() {
    let Some(schema) = Schema::new().await else { return };
    let mut url = schema.url.clone();
    url.query_pairs_mut().append_pair("application_name", &schema.name);
    let store = store::open(url.as_str()).await.expect("a store");
    let (other, name) = (schema.connection().await, schema.name.clone());
    let mut observer = schema.connection().await;
    let app = TestApp::over(store, Place::Schema(schema), &[]).await;
    // Declared last: if the test fails, its lock is released before the schema is dropped.
    let mut other = other;
    let mut browsers = Vec::new();
    for number in 0..8 {
        browsers.push(app.registered(&format!("runner{number}")).await);
    }
    let mut before = BTreeSet::new();
    for _ in 0..20 {
        for answer in join_all(browsers.iter().map(Browser::refresh)).await {
            answer.assert_ok();
        }
        before = processes(&mut observer, &name, true).await;
        if before.len() > 2 {
            break;
        }
    }
    assert!(before.len() > 2, "concurrent rotations have opened {}", before.len());

    let hasher = app.app.logins.attempts.hasher.clone();
    let mut permits = Vec::new();
    while let Some(permit) = hasher.permit(Priority::Normal).now_or_never() {
        permits.push(permit.expect("a permit"));
    }
    let lock = "BEGIN; LOCK login_failures IN SHARE MODE";
    sqlx::raw_sql(lock).execute(&mut other).await.expect("the lock");
    let stranger = app.browser();
    let release = async {
        rest(Duration::from_millis(1_200)).await;
        drop(permits);
    };
    let refreshes = async {
        for browser in browsers.iter().cycle().take(30) {
            in_time(browser.refresh()).await.assert_ok();
            rest(Duration::from_millis(100)).await;
        }
    };
    let (login, (), ()) =
        tokio::join!(in_time(stranger.login("guest", PASSWORD)), release, refreshes);
    assert_unavailable(&login);
    let after = processes(&mut observer, &name, false).await;
    let closed = before.difference(&after).count();
    assert!(closed <= 1, "{closed} of {}: not the login's alone", before.len());
}

/// Every change sets the durability of its transaction; the server's default must not matter.
#[tokio::test]
async fn rotations_are_durable_soon_and_everything_else_at_once() {
    for default in ["on", "off"] {
        let Some(schema) = Schema::new().await else { return };
        let mut url = schema.url.clone();
        url.query_pairs_mut().append_pair("options[synchronous_commit]", default);
        let store = store::open(url.as_str()).await.expect("a store");
        let mut observer = schema.connection().await;
        sqlx::raw_sql(OBSERVE).execute(&mut observer).await.expect("triggers");

        let app = TestApp::over(store, Place::Schema(schema), &[]).await;
        let alice = app.registered("alice").await;
        alice.refresh_with(KEY).await.assert_ok();
        alice.refresh().await.assert_ok();
        let thief = app.logged_in("alice").await;
        thief.copied().refresh().await.assert_ok();
        thief.refresh().await.assert_problem(401, "invalid_grant");
        alice.logout().await.assert_status(204);

        let rows = sqlx::query("SELECT DISTINCT what || ' ' || setting AS seen FROM observed");
        let rows = rows.fetch_all(&mut observer).await.expect("observations");
        let seen: BTreeSet<String> = rows.iter().map(|row| row.get("seen")).collect();
        let expected = [
            "INSERT sessions on",
            "INSERT users on",
            "UPDATE sessions ended on",
            "UPDATE sessions rotated off",
            // A login locks the user's row.
            "UPDATE users on",
        ];
        assert_eq!(seen, expected.map(str::to_owned).into(), "server's default: {default}");
    }
}

const OBSERVE: &str = "
    CREATE TABLE observed (what TEXT NOT NULL, setting TEXT NOT NULL);
    CREATE FUNCTION observe() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE what TEXT := TG_OP || ' ' || TG_TABLE_NAME;
    BEGIN
        IF what = 'UPDATE sessions' THEN
            what := what || CASE WHEN NEW.revoked_at IS NULL THEN ' rotated' ELSE ' ended' END;
        END IF;
        INSERT INTO observed VALUES (what, current_setting('synchronous_commit'));
        RETURN NEW;
    END $$;
    CREATE TRIGGER observe AFTER INSERT OR UPDATE ON users
        FOR EACH ROW EXECUTE FUNCTION observe();
    CREATE TRIGGER observe AFTER INSERT OR UPDATE ON sessions
        FOR EACH ROW EXECUTE FUNCTION observe();";

/// Read committed: an UPDATE that waited for another one evaluates its row again. Stricter isolation would raise an
/// error, so the server's default must not matter.
#[tokio::test]
async fn a_refresh_that_had_to_wait_for_a_change_of_its_session_is_judged_by_it() {
    let revocation = ("revoked_at = 1, revoked_because = 'logout'", "invalid_grant");
    let step_up = ("wanted_at = 1", "insufficient_user_authentication");
    for (default, (act, code)) in
        [("read committed", revocation), ("serializable", revocation), ("read committed", step_up)]
    {
        let Some(schema) = Schema::new().await else { return };
        let mut url = schema.url.clone();
        url.query_pairs_mut()
            .append_pair(
                "options",
                &format!("-c default_transaction_isolation={}", default.replace(' ', "\\ ")),
            )
            .append_pair("application_name", &schema.name);
        let store = store::open(url.as_str()).await.expect("a store");
        let (mut other, name) = (schema.connection().await, schema.name.clone());
        let app = TestApp::over(store, Place::Schema(schema), &[]).await;
        let alice = app.registered("alice").await;
        // Opens a connection for it in the pool.
        alice.refresh().await.assert_ok();

        let act = AssertSqlSafe(format!("BEGIN; UPDATE sessions SET {act}"));
        sqlx::raw_sql(act).execute(&mut other).await.expect("a change, not yet committed");
        let mut refresh = pin!(alice.refresh_with(KEY));
        tokio::select! {
            early = &mut refresh => panic!("answered before the change: {early:?}"),
            () = until_a_statement_waits(&mut other, &name) => {}
        }
        sqlx::raw_sql("COMMIT").execute(&mut other).await.expect("the commit");
        refresh.await.assert_problem(401, code);
    }
}

/// A login whose password was verified waits for a concurrent disabling or password change, and then fails. Without
/// the lock on the user's row its session would survive the revocation of all others.
#[tokio::test]
async fn a_login_that_races_a_disabled_user_or_a_new_password_leaves_no_live_session() {
    for act in ["disabled_at = 1", "password_hash = 'another'"] {
        let Some(schema) = Schema::new().await else { return };
        let mut url = schema.url.clone();
        url.query_pairs_mut().append_pair("application_name", &schema.name);
        let store = store::open(url.as_str()).await.expect("a store");
        let (other, name) = (schema.connection().await, schema.name.clone());
        let mut observer = schema.connection().await;
        let app = TestApp::over(store, Place::Schema(schema), &[]).await;
        // Declared last: if the test fails, its locks are released before the schema is dropped.
        let mut other = other;
        app.registered("alice").await;
        let change = format!(
            "BEGIN; UPDATE users SET {act};
             UPDATE sessions SET revoked_at = 1, revoked_because = 'disabled' WHERE revoked_at IS NULL"
        );
        sqlx::raw_sql(AssertSqlSafe(change)).execute(&mut other).await.expect("a change");
        let bob = app.browser();
        let mut login = pin!(bob.login("alice", PASSWORD));
        tokio::select! {
            early = &mut login => panic!("answered before the change was committed: {early:?}"),
            () = until_a_statement_waits(&mut observer, &name) => {}
        }
        sqlx::raw_sql("COMMIT").execute(&mut other).await.expect("the change");
        login.await.assert_problem(401, "invalid_credentials");
        let live = sqlx::query("SELECT 1 FROM sessions WHERE revoked_at IS NULL");
        let live = live.fetch_all(&mut other).await.expect("a look");
        assert!(live.is_empty(), "{act}: a session outlived it");
    }
}

/// The writes of `Change::Erase` to the only account, without the commit.
const ERASE: &str = "
    BEGIN;
    UPDATE users SET email = 'deleted:1', name = NULL, password_hash = '', disabled_at = 1, erased_at = 1;
    UPDATE sessions SET revoked_at = 1, revoked_because = 'deleted' WHERE revoked_at IS NULL;
    DELETE FROM events";

async fn events_left(observer: &mut PgConnection) -> usize {
    let events = sqlx::query("SELECT 1 FROM events WHERE user_id IS NOT NULL");
    events.fetch_all(observer).await.expect("a look").len()
}

/// The erasure has deleted the account's events but is not committed when another event occurs: after the commit
/// there is no account to record it for.
#[tokio::test]
async fn what_happens_while_an_account_is_erased_leaves_no_event() {
    for what in ["a failed login", "a wrong password in a session", "a refresh elsewhere"] {
        let Some(schema) = Schema::new().await else { return };
        let mut url = schema.url.clone();
        url.query_pairs_mut().append_pair("application_name", &schema.name);
        let store = store::open(url.as_str()).await.expect("a store");
        let (other, name) = (schema.connection().await, schema.name.clone());
        let mut observer = schema.connection().await;
        let app = TestApp::over(store, Place::Schema(schema), &[]).await;
        // Declared last: if the test fails, its locks are released before the schema is dropped.
        let mut other = other;
        let alice = app.browser().at("203.0.113.9");
        alice.register("alice").await.assert_status(201);
        // From another network, so that an event comes with the rotation.
        let elsewhere = alice.copied().at("198.51.100.7");
        sqlx::raw_sql(ERASE).execute(&mut other).await.expect("an erasure");
        let stranger = app.browser();
        let mut call = pin!(async {
            match what {
                "a failed login" => stranger.login("alice", "a wrong password, mistyped").await,
                "a refresh elsewhere" => elsewhere.refresh_with(KEY).await,
                _ => alice.confirm("a wrong password, mistyped").await,
            }
        });
        let early = tokio::select! {
            answer = &mut call => Some(answer),
            () = until_a_statement_waits(&mut observer, &name) => None,
        };
        sqlx::raw_sql("COMMIT").execute(&mut other).await.expect("the erasure");
        let answer = match early {
            Some(answer) => answer,
            None => call.await,
        };
        answer.assert_status(401);
        assert_eq!(events_left(&mut observer).await, 0, "{what}");
    }
}

/// The reverse: the event is written but not committed when the account is erased.
#[tokio::test]
async fn an_erasure_waits_for_an_event_that_is_being_recorded() {
    const LOGGED: &str = "
        INSERT INTO events (id, user_id, kind, at, browser, os, device_kind)
        SELECT decode(md5('1'), 'hex'), id, 'login_failed', 1, 'unknown', 'unknown', 'unknown' FROM users";
    for held in ["SELECT 1 FROM users FOR KEY SHARE", "UPDATE sessions SET generation = 1"] {
        let Some(schema) = Schema::new().await else { return };
        let mut url = schema.url.clone();
        url.query_pairs_mut().append_pair("application_name", &schema.name);
        let store = store::open(url.as_str()).await.expect("a store");
        let (other, name) = (schema.connection().await, schema.name.clone());
        let mut observer = schema.connection().await;
        let app = TestApp::over(store, Place::Schema(schema), &[]).await;
        let mut other = other;
        let alice = app.registered("alice").await;
        let recorded = AssertSqlSafe(format!("BEGIN; {held}; {LOGGED}"));
        sqlx::raw_sql(recorded).execute(&mut other).await.expect("an event");
        let mut erase = pin!(alice.call(Method::DELETE, path::ME, None));
        tokio::select! {
            early = &mut erase => panic!("erased before the event was committed: {early:?}"),
            () = until_a_statement_waits(&mut observer, &name) => {}
        }
        sqlx::raw_sql("COMMIT").execute(&mut other).await.expect("the event");
        erase.await.assert_status(204);
        assert_eq!(events_left(&mut observer).await, 0, "{held}");
    }
}

/// Polls until a connection of this name waits for a lock, seen from another connection.
async fn until_a_statement_waits(observer: &mut PgConnection, name: &str) {
    let waiting = "SELECT 1 FROM pg_stat_activity
        WHERE application_name = $1 AND wait_event_type = 'Lock'";
    while sqlx::query(waiting)
        .bind(name)
        .fetch_optional(&mut *observer)
        .await
        .expect("a look")
        .is_none()
    {
        let look_again = sqlx::raw_sql("SELECT pg_stat_clear_snapshot()");
        look_again.execute(&mut *observer).await.expect("a new look");
    }
}

#[tokio::test]
async fn what_cannot_be_used_is_said_with_a_remedy_and_without_a_credential() {
    let Some(schema) = Schema::new().await else { return };
    let with = |change: &dyn Fn(&mut url::Url)| {
        let mut url = schema.url.clone();
        change(&mut url);
        url.to_string()
    };
    for (url, named) in [
        (
            with(&|url| url.set_password(Some("hunter2")).expect("a URL")),
            "the user or the password",
        ),
        (with(&|url| url.set_path("/hunter2")), "does not exist"),
        (with(&|url| url.set_port(Some(1)).expect("a URL")), "is it running"),
        (with(&|url| url.set_query(Some("options[search_path]=hunter2"))), "search_path"),
        (with(&|url| url.set_query(Some("sslmode=verify-full"))), "TLS"),
        (with(&|url| url.set_query(Some("sslmod=hunter2"))), "\"sslmod\""),
        (with(&|url| url.set_query(Some("password[x]=hunter2"))), "\"password[x]\""),
        ("postgres://alice:hunter2@[::1".to_owned(), "cannot be read"),
        ("postgres:/alice:hunter2@h/d".to_owned(), ""),
        ("baton:hunter2@h/d".to_owned(), "names no database"),
        ("postgres://alice:hunter2@h/d?port=x".to_owned(), "cannot be read"),
    ] {
        let error = store::open(&url).await.err().unwrap_or_else(|| panic!("{named}: was opened"));
        let text = format!("{:#}", anyhow::Error::from(error));
        assert!(text.contains(named) && !text.contains('\n'), "{named}: {text}");
        let shown = [text, store::without_credentials(&url)].concat();
        assert!(!shown.contains("hunter2") && !shown.contains("alice"), "{shown}");
    }
}

#[tokio::test]
async fn a_schema_of_a_newer_version_is_left_alone() {
    let Some(schema) = Schema::new().await else { return };
    store::open(schema.url.as_str()).await.expect("a store").close().await;
    let mut newer = schema.connection().await;
    let migration = "INSERT INTO _sqlx_migrations SELECT 9999, 'newer', now(), true, '', 0";
    sqlx::raw_sql(AssertSqlSafe(migration)).execute(&mut newer).await.expect("a migration");
    let error = store::open(schema.url.as_str()).await.err().expect("a refusal");
    assert!(error.to_string().contains("newer version"), "{error}");
}
