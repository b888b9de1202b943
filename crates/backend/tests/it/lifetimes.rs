//! Changed lifetimes: promises made under the earlier setting hold. Revocations stay cached, keys published and
//! sessions unpruned for the longest lifetime under which any instance has issued tokens.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use backend::auth::revocation::status_index::{ListNumber, index};
use backend::clock::tolerance::{SETTLING_SECONDS, STEADY_SECONDS};
use backend::lifetimes::Lifetime;
use backend::prune::{Pace, Progress, Removed, Retention};
use backend::store::KeyPurpose;
use futures_util::future::join_all;
use shared::{NumericDate, SessionId, path};
use tokio::time::advance;
use verifier::{KeySet, Status, Verifier};

use crate::services::{form, service};
use crate::support::{Browser, Faulty, ORIGIN, Place, TestApp, on_every_store_with, settings};

const HALF_AN_HOUR: &[&str] = &["--access-token-seconds", "1800"];
const FIVE_SECONDS: &[&str] = &["--access-token-seconds", "5"];
const DAY: i64 = 86_400;

/// Subscribes the instance to revocations of others; returns once its cache is complete.
async fn follow(app: &TestApp) -> backend::auth::revocation::revocation_listener::ListenerTask {
    let following = app.app.revocation_listener.listen();
    let mut look = tokio::time::interval(Duration::from_millis(5));
    while !app.app.event_log.revocations.is_complete() {
        look.tick().await;
    }
    following
}

async fn call(browser: &Browser, app: &TestApp) -> crate::support::Answer {
    browser.copied().through(app).call(Method::GET, path::EVENTS, None).await
}

async fn is_in_the_status_list(app: &TestApp, session: SessionId) -> bool {
    let keys = KeySet::from_jwks(&app.browser().get(path::JWKS).await.body).expect("keys");
    let path = path::status_list(ListNumber::of(session).get());
    let list = app.browser().get(&path).await;
    let verifier = Verifier::new(ORIGIN, [ORIGIN], KeySet::default());
    let uri = format!("{ORIGIN}{path}");
    let list = verifier.verify_status_list(&keys, &uri, &list.body, app.clock.now());
    list.expect("a list").list.get(index(session)) == Some(Status::Invalid)
}

async fn is_active(app: &TestApp, token: &str) -> bool {
    let service = service(app, "notes", ORIGIN).await;
    let answer = form(app, path::INTROSPECT, Some(&service), &format!("token={token}")).await;
    answer.assert_ok();
    answer.json()["active"].as_bool().expect("a boolean")
}

#[tokio::test]
async fn a_shorter_access_token_life_revives_no_revoked_session() {
    on_every_store_with(HALF_AN_HOUR, async |before| {
        let alice = before.registered("alice").await;
        let session = serde_json::from_value(alice.claims()["sid"].clone()).expect("an id");
        let after = before.another_instance_with(FIVE_SECONDS).await;
        alice.copied().through(&after).logout().await.assert_status(204);
        after.clock.advance(66);
        // A new instance has an empty cache and reads past revocations from the database.
        let restarted = after.another_instance_with(FIVE_SECONDS).await;
        let _following = follow(&restarted).await;
        call(&alice, &restarted).await.assert_problem(401, "invalid_token");
        assert!(!is_active(&restarted, &alice.access_token()).await);
        assert!(is_in_the_status_list(&restarted, session).await);
    })
    .await;
}

/// In a rolling restart one instance may still, or already, have the longer setting.
#[tokio::test(start_paused = true)]
async fn an_instance_with_a_shorter_life_caches_revocations_for_one_with_a_longer() {
    let short = TestApp::with(FIVE_SECONDS).await;
    let _following = follow(&short).await;
    let long = short.another_instance_with(HALF_AN_HOUR).await;
    let alice = long.registered("alice").await;
    alice.copied().through(&short).logout().await.assert_status(204);
    for _ in 0..20 {
        short.clock.advance(80);
        advance(Duration::from_secs(11)).await;
        // The listener's heartbeats evict expired revocations.
        drop(follow(&short).await);
        call(&alice, &short).await.assert_problem(401, "invalid_token");
    }
    assert_eq!(short.app.event_log.revocations.count(), 1);
    // Half an hour, and the tolerated clock skew: every token of the session has expired.
    short.clock.advance(400);
    for _ in 0..3 {
        advance(Duration::from_secs(11)).await;
        drop(follow(&short).await);
    }
    assert_eq!(short.app.event_log.revocations.count(), 0);
}

/// Set right within the day, the clock finds every longer life in force: tokens issued under it are valid again.
#[tokio::test]
async fn a_lease_does_not_expire_by_a_clock_ahead_until_that_has_settled() {
    on_every_store_with(HALF_AN_HOUR, async |before| {
        before.registered("alice").await;
        let after = before.another_instance_with(FIVE_SECONDS).await;
        let is_held = async || {
            let now = after.clock.trusted_now().expect("a clock that is believed");
            after.app.issuer.lifetimes.hold(&after.store, now).await.expect("a store");
            let held = after.store.lifetimes().await.expect("a store");
            held.iter().any(|it| it.setting == Lifetime::AccessToken && it.seconds == 1_800)
        };
        after.clock.step(40 * DAY);
        after.clock.trusted_now().expect_err("a clock in doubt");
        after.clock.advance(STEADY_SECONDS);
        assert!(is_held().await);
        after.clock.advance(SETTLING_SECONDS);
        assert!(!is_held().await);
    })
    .await;
}

#[tokio::test]
async fn a_key_is_kept_for_the_tokens_of_a_longer_life() {
    on_every_store_with(HALF_AN_HOUR, async |before| {
        let alice = before.registered("alice").await;
        let keys = &before.app.keys;
        let rotated = keys.rotate(KeyPurpose::Access, &before.store, before.clock.now()).await;
        let next = rotated.expect("a store");
        before.clock.advance(next.signs_from.since(before.clock.now()));
        let after = before.another_instance_with(FIVE_SECONDS).await;
        after.clock.advance(70);
        let keys = &after.app.keys;
        keys.advance(&after.store, after.clock.now()).await.expect("a store");
        call(&alice, &after).await.assert_ok();
    })
    .await;
}

#[tokio::test]
async fn a_key_set_that_may_be_cached_for_an_hour_is_waited_for() {
    on_every_store_with(&["--jwks-cache-seconds", "3600"], async |before| {
        before.registered("alice").await;
        let after = before.another_instance_with(&["--jwks-cache-seconds", "300"]).await;
        let (keys, now) = (&after.app.keys, after.clock.now());
        let rotated = keys.rotate(KeyPurpose::Access, &after.store, now).await;
        assert_eq!(rotated.expect("a store").signs_from.since(now), 3_660);
        // From now on it announces its own setting.
        let answer = after.browser().get(path::JWKS).await;
        assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
    })
    .await;
}

/// The JWKS of an instance, with the instant until which a service may cache it.
async fn cached_jwks(app: &TestApp) -> (NumericDate, KeySet) {
    let answer = app.browser().get(path::JWKS).await;
    let caching = answer.header("cache-control").expect("caching");
    let seconds = caching.strip_prefix("public, max-age=").and_then(|it| it.parse().ok());
    let keys = KeySet::from_jwks(&answer.body).expect("keys");
    (app.clock.now().plus(seconds.expect("seconds")), keys)
}

/// What a running instance does all the time: it holds its lifetimes, and keeps its ring fresh.
async fn keep_running(app: &TestApp) {
    let (now, keys) = (app.clock.now(), &app.app.keys);
    app.app.issuer.lifetimes.hold(&app.store, now).await.expect("a store");
    keys.reload(&app.store).await.expect("a store");
    keys.advance(&app.store, now).await.expect("a store");
}

/// An operator rotates as often as keys allow, while an instance with a longer `--jwks-cache-seconds` comes and goes
/// beside one with a shorter. A service that got the JWKS from either, and caches it no longer than it may, accepts
/// every valid token of both.
#[tokio::test]
async fn no_rotation_overtakes_a_key_set_of_the_longest_cache_life() {
    const STEP: i64 = 97;
    const LIFE: i64 = 900;
    let long = TestApp::with(&["--jwks-cache-seconds", "3600"]).await;
    let short = long.another_instance_with(&["--jwks-cache-seconds", "300"]).await;
    let alice = long.registered("alice").await;
    let verifier = Verifier::new(ORIGIN, [ORIGIN], KeySet::default());
    let mut sets: VecDeque<(NumericDate, KeySet)> = VecDeque::new();
    let mut tokens: VecDeque<(NumericDate, String)> = VecDeque::new();
    let (mut while_long_runs, mut alone) = (BTreeSet::new(), BTreeSet::new());
    for step in 0..1_000 {
        let now = short.clock.now();
        let long_runs = step % 250 < 100;
        if long_runs {
            keep_running(&long).await;
        }
        keep_running(&short).await;
        let rotated = short.app.keys.rotate(KeyPurpose::Access, &short.store, now).await;
        let kids = if long_runs { &mut while_long_runs } else { &mut alone };
        kids.insert(rotated.expect("a store").kid);

        // Of the sets in caches, the oldest lacks the newest keys.
        sets.push_back(cached_jwks(if long_runs { &long } else { &short }).await);
        sets.retain(|(until, _)| *until >= now);
        let issuer = if long_runs && step % 2 == 0 { &long } else { &short };
        alice.through(issuer).refresh().await.assert_ok();
        tokens.push_back((now.plus(LIFE), alice.access_token()));
        tokens.retain(|(exp, _)| *exp > now);
        let (_, oldest) = sets.front().expect("the one of this step");
        for (_, token) in &tokens {
            verifier.verify_with(oldest, token, now).expect("a valid token");
        }
        short.clock.advance(STEP);
    }
    // In four rounds: a key an hour at most beside the longer setting, more without it.
    assert!(while_long_runs.len() > 4 && alone.len() > 20, "{while_long_runs:?}, {alone:?}");
}

/// The last key set of an instance that has stopped may be cached for an hour after it.
#[tokio::test]
async fn a_key_set_of_an_instance_that_has_stopped_is_waited_for() {
    on_every_store_with(&["--jwks-cache-seconds", "3600"], async |stopped| {
        let alice = stopped.registered("alice").await;
        let left = stopped.another_instance_with(&["--jwks-cache-seconds", "300"]).await;
        let rotate = async || {
            let (now, keys) = (left.clock.now(), &left.app.keys);
            keys.rotate(KeyPurpose::Access, &left.store, now).await.expect("a store")
        };
        keep_running(&left).await;
        rotate().await;
        // The end of the lease, which holds while the instance runs.
        left.clock.advance(3_599);
        let (until, cached) = cached_jwks(&stopped).await;
        left.clock.advance(1_001);
        keep_running(&left).await;
        let next = rotate().await;
        assert!(next.signs_from >= until && cached.get(&next.kid).is_none(), "{next:?}");

        let verifier = Verifier::new(ORIGIN, [ORIGIN], KeySet::default());
        left.clock.advance(until.since(left.clock.now()));
        alice.through(&left).refresh().await.assert_ok();
        let token = alice.access_token();
        verifier.verify_with(&cached, &token, until).expect("a token of a key that is cached");
        // Nothing is waited for beyond it.
        left.clock.advance(next.signs_from.since(until));
        alice.through(&left).refresh().await.assert_ok();
        let token = alice.access_token();
        verifier.verify_with(&cached, &token, next.signs_from).expect_err("a token of the next");
    })
    .await;
}

/// Run by hand, `baton prune` has the default limits, unless it is given those of the server.
#[tokio::test]
async fn a_prune_with_shorter_limits_removes_no_session_that_a_server_still_accepts() {
    let long = &["--refresh-idle-seconds", "5184000", "--refresh-absolute-seconds", "7776000"];
    on_every_store_with(long, async |app| {
        let alice = app.registered("alice").await;
        app.clock.advance(50 * DAY);
        let defaults = settings::<&str>(&[]).expect("settings").retention;
        app.app.issuer.lifetimes.hold(&app.store, app.clock.now()).await.expect("a store");
        assert_eq!(prune(&app, defaults).await.sessions, 0);
        alice.refresh().await.assert_ok();
    })
    .await;
}

/// The same for events: a server with a longer retention still shows them.
#[tokio::test]
async fn a_prune_with_a_shorter_retention_removes_no_event_that_a_server_still_shows() {
    for (setting, is_kept) in [("31536000", true), ("7776000", false)] {
        on_every_store_with(&["--event-retention-seconds", setting], async |app| {
            app.registered("alice").await;
            app.clock.advance(120 * DAY);
            let defaults = settings::<&str>(&[]).expect("settings").retention;
            app.app.issuer.lifetimes.hold(&app.store, app.clock.now()).await.expect("a store");
            prune(&app, defaults).await;
            let events = app.logged_in("alice").await.events().await;
            assert_eq!(events.contains(&"registered".to_owned()), is_kept, "{events:?}");
        })
        .await;
    }
}

/// Every token issued under the longer lifetime has expired: the shorter one applies.
#[tokio::test]
async fn a_lifetime_that_no_instance_issues_under_any_more_expires() {
    on_every_store_with(HALF_AN_HOUR, async |before| {
        before.registered("alice").await;
        let after = before.another_instance_with(FIVE_SECONDS).await;
        let lives = async || {
            let lifetimes = &after.app.issuer.lifetimes;
            lifetimes.hold(&after.store, after.clock.now()).await.expect("a store");
            lifetimes.read(&*after.store).await.expect("a store");
            lifetimes.in_force().access_token
        };
        assert_eq!(lives().await, 1_800);
        after.clock.advance(3_600 + 1_800);
        assert_eq!(lives().await, 1_800, "its last token may have been issued an hour later");
        after.clock.advance(3_600);
        assert_eq!(lives().await, 5);
        let held = after.store.lifetimes().await.expect("a store");
        let held = held.iter().filter(|held| held.setting == Lifetime::AccessToken);
        assert_eq!(held.map(|held| held.seconds).collect::<Vec<_>>(), [5]);
    })
    .await;
}

/// A lease is renewed in the background after half its time. Refreshes neither wait for the renewal nor fail with it.
#[tokio::test]
async fn a_renewal_that_fails_matters_only_once_the_lease_has_run_out() {
    let store = Faulty::new();
    let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
    let alice = app.registered("alice").await;
    alice.refresh_and_lose_the_answer("attempt-key-number-1").await.assert_ok();
    store.set_breaks_after_writing(true);
    // A retry of one attempt, which needs no durable write.
    let again = async || alice.refresh_and_lose_the_answer("attempt-key-number-1").await;
    for seconds in [1_801, 1_798] {
        app.clock.advance(seconds);
        again().await.assert_ok();
    }
    assert_eq!(store.lifetimes_written(), 1, "issuing renews no lease before its time");
    app.clock.advance(1);
    again().await.assert_problem(503, "temporarily_unavailable");
    store.set_breaks_after_writing(false);
    again().await.assert_ok();
}

#[tokio::test(start_paused = true)]
async fn the_revocation_cache_is_not_stale_because_a_renewal_hangs() {
    let store = Faulty::new();
    let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
    app.registered("alice").await;
    let _following = follow(&app).await;
    app.clock.advance(1_801);
    let _held = store.hold_lifetimes();
    while store.lifetimes_written() < 2 {
        advance(Duration::from_millis(50)).await;
    }
    for _ in 0..40 {
        advance(Duration::from_millis(50)).await;
        assert!(app.app.event_log.revocations.is_complete());
    }
}

#[tokio::test]
async fn refreshes_whose_lease_has_run_out_share_one_renewal() {
    let store = Faulty::new();
    let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
    let alice = app.registered("alice").await;
    alice.refresh_and_lose_the_answer("attempt-key-number-1").await.assert_ok();
    app.clock.advance(3_600);
    let held = store.hold_lifetimes();
    let refreshes = (0..20).map(|_| alice.refresh_and_lose_the_answer("attempt-key-number-1"));
    let release = async {
        while store.lifetimes_written() < 2 {
            tokio::task::yield_now().await;
        }
        drop(held);
    };
    let (answers, ()) = tokio::join!(join_all(refreshes), release);
    for answer in answers {
        answer.assert_ok();
    }
    assert_eq!(store.lifetimes_written(), 2);
}

async fn prune(app: &TestApp, retention: Retention) -> Removed {
    let mut progress = Progress::new(Pace::Foreground);
    retention.prune(&*app.store, app.clock.now(), &mut progress).await.expect("a store");
    progress.removed
}
