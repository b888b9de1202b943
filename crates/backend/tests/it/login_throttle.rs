//! Login throttling (NIST SP 800-63B-4 section 3.2.2) against brute force: what guesses cost, and whom it never locks
//! out.

mod earlier;

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::http::Method;
use backend::auth::account::email::Email;
use backend::auth::login::login_throttle::{FREE, MOST_IN_A_ROW};
use backend::store::{AccountTag, Change};
use futures_util::future::join_all;
use shared::path;

use crate::support::{Answer, Browser, PASSWORD, TestApp, on_every_store};

const WRONG: &str = "a wrong password, mistyped";
const DAY: i64 = 86_400;
/// The duration of a lockout, unless it is lifted.
const YEAR: i64 = 365 * DAY;

fn alice() -> AccountTag {
    AccountTag::of(&Email::parse("alice@example.com").expect("an address"))
}

/// A new browser in a network of its own.
fn stranger(app: &TestApp) -> Browser {
    static STRANGERS: AtomicU32 = AtomicU32::new(0xc612_0000);
    let address = Ipv4Addr::from_bits(STRANGERS.fetch_add(1, Ordering::Relaxed));
    app.browser().at(&address.to_string())
}

async fn guess(app: &TestApp) -> Answer {
    stranger(app).login("alice", WRONG).await
}

/// So many wrong passwords in a row, each after the longest wait of the throttle.
async fn guess_often(app: &TestApp, times: u32) {
    for _ in 0..times {
        app.clock.advance(3_600);
        guess(app).await.assert_problem(401, "invalid_credentials");
    }
}

#[track_caller]
fn assert_limited(answer: &Answer, seconds: i64) {
    answer.assert_problem(429, "rate_limited");
    assert_eq!(answer.header("retry-after"), Some(seconds.to_string().as_str()));
    assert!(answer.set_cookies().is_empty());
}

fn verified(app: &TestApp) -> u64 {
    app.app.logins.attempts.hasher.looked_at()
}

#[tokio::test]
async fn a_few_failures_are_free_and_then_the_back_off_doubles() {
    on_every_store(async |app| {
        app.registered("alice").await;
        for _ in 0..FREE {
            guess(&app).await.assert_problem(401, "invalid_credentials");
        }
        for seconds in [1, 2, 4, 8, 16, 32] {
            let before = verified(&app);
            assert_limited(&guess(&app).await, seconds);
            // An early retry is refused without verification, even with the right password.
            app.clock.advance(seconds - 1);
            assert_limited(&stranger(&app).login("alice", PASSWORD).await, 1);
            assert_eq!(verified(&app), before);
            app.clock.advance(1);
            guess(&app).await.assert_problem(401, "invalid_credentials");
        }
        app.clock.advance(64);
        app.browser().login("alice", PASSWORD).await.assert_ok();
        // The successful login has reset the count.
        for _ in 0..FREE {
            guess(&app).await.assert_problem(401, "invalid_credentials");
        }
    })
    .await;
}

/// security.md: no user enumeration; a deleted account leaves no count behind.
#[tokio::test]
async fn a_deleted_account_leaves_no_failure_count() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        for _ in 0..FREE {
            guess(&app).await.assert_problem(401, "invalid_credentials");
        }
        assert_limited(&guess(&app).await, 1);
        alice.call(Method::DELETE, path::ME, None).await.assert_status(204);
        assert_eq!(app.store.failures(self::alice()).await.expect("a store"), None);
        guess(&app).await.assert_problem(401, "invalid_credentials");
    })
    .await;
}

/// So many failures in a row, without the cost of hashing.
async fn count(app: &TestApp, email: &str, times: u32) {
    let account = AccountTag::of(&Email::parse(email).expect("an address"));
    for seen in 0..times {
        let count = Change::CountFailure { account, seen, at: app.clock.now() };
        assert!(app.store.commit(count, Vec::new()).await.expect("a store").took_place());
    }
}

#[tokio::test]
async fn a_lockout_does_not_say_whether_there_is_an_account() {
    on_every_store(async |app| {
        app.registered("alice").await;
        let mut answers = Vec::new();
        for name in ["alice", "nobody"] {
            count(&app, &format!("{name}@example.com"), MOST_IN_A_ROW).await;
            answers.push(stranger(&app).login(name, PASSWORD).await);
        }
        assert_eq!(answers[0].but_for_its_id(), answers[1].but_for_its_id());
        assert_eq!(answers[0].json()["limited_by"], "lockout");
    })
    .await;
}

#[tokio::test]
async fn a_lockout_says_in_words_what_to_do() {
    let app = TestApp::in_memory().await;
    count(&app, "alice@example.com", MOST_IN_A_ROW).await;
    let answer = app.browser().login("alice", PASSWORD).await;
    insta::assert_snapshot!(answer.snapshot(), @r#"
    429 Too Many Requests
    cache-control: no-store
    content-type: application/problem+json
    retry-after: 31536000
    {
      "code": "rate_limited",
      "detail": "Too many passwords in a row were wrong for this email address. Waiting is no remedy: log in on a device where you have logged in before, or ask the administrator.",
      "limited_by": "lockout",
      "request_id": "[request_id]",
      "status": 429,
      "title": "Too many attempts. Try again later.",
      "type": "urn:baton:problem:rate_limited"
    }
    "#);
}

/// `Retry-After` is exact: after it a password is verified again.
#[tokio::test]
async fn a_lockout_lapses_when_it_says_so() {
    on_every_store(async |app| {
        app.registered("alice").await;
        count(&app, "alice@example.com", MOST_IN_A_ROW).await;
        app.clock.advance(YEAR - 1);
        assert_limited(&guess(&app).await, 1);
        app.clock.advance(1);
        guess(&app).await.assert_problem(401, "invalid_credentials");
        // Pruned or not, that failure locks out again: it was one more in a row.
        assert_limited(&guess(&app).await, YEAR);
    })
    .await;
}

#[tokio::test]
async fn a_wait_for_wrong_passwords_says_so() {
    let app = TestApp::in_memory().await;
    count(&app, "alice@example.com", FREE + 5).await;
    let answer = guess(&app).await;
    assert_limited(&answer, 32);
    assert_eq!(answer.json()["limited_by"], "wrong_passwords");
}

/// A session's lockout does not lock the account: a new login succeeds.
#[tokio::test]
async fn a_session_lockout_says_that_a_new_login_helps() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    for _ in 0..MOST_IN_A_ROW {
        app.clock.advance(3_600);
        alice.confirm(WRONG).await.assert_problem(401, "invalid_credentials");
    }
    let answer = alice.confirm(PASSWORD).await;
    assert_limited(&answer, YEAR);
    assert_eq!(answer.json()["limited_by"], "session_lockout");
    alice.logout().await.assert_status(204);
    alice.login("alice", PASSWORD).await.assert_ok();
    alice.confirm(PASSWORD).await.assert_ok();
}

#[tokio::test]
async fn throttling_does_not_disclose_whether_there_is_an_account() {
    on_every_store(async |app| {
        app.registered("alice").await;
        let mut answers = BTreeSet::new();
        for email in ["alice@example.com", "nobody@example.com", "nonsense"] {
            let mut transcript = String::new();
            for _ in 0..=FREE {
                let body = serde_json::json!({"email": email, "password": WRONG});
                transcript += &app.browser().post(path::LOGIN, body).await.snapshot();
            }
            answers.insert(transcript);
        }
        assert_eq!(answers.len(), 1, "{answers:#?}");
        assert!(answers.first().expect("an answer").contains("429"));
    })
    .await;
}

/// ASVS V6.3.1: the count is in the store, so it survives a restart and all instances share it.
#[tokio::test]
async fn instances_count_together_and_remember_across_a_restart() {
    on_every_store(async |app| {
        app.registered("alice").await;
        let other = app.another_instance().await;
        for number in 0..FREE {
            let instance = if number % 2 == 0 { &app } else { &other };
            guess(instance).await.assert_problem(401, "invalid_credentials");
        }
        let restarted = app.another_instance().await;
        for instance in [&app, &other, &restarted] {
            assert_limited(&guess(instance).await, 1);
        }
    })
    .await;
}

/// NIST SP 800-63B-4 section 3.2.2: at most 100 consecutive failures, however slow the guesses.
#[tokio::test]
async fn the_hundred_and_first_attempt_in_a_row_is_not_verified() {
    let app = TestApp::in_memory().await;
    let owner = app.registered("alice").await;
    guess_often(&app, MOST_IN_A_ROW).await;
    assert_eq!(verified(&app), u64::from(MOST_IN_A_ROW));
    // `Retry-After` is exact; refused attempts do not change the end of the lockout.
    for days in 1..=3 {
        app.clock.advance(DAY);
        assert_limited(&guess(&app).await, YEAR - days * DAY);
        assert_limited(&app.browser().login("alice", PASSWORD).await, YEAR - days * DAY);
    }
    assert_eq!(verified(&app), u64::from(MOST_IN_A_ROW));
    // A login on a known device succeeds and resets the count for other devices.
    owner.login("alice", PASSWORD).await.assert_ok();
    app.browser().login("alice", PASSWORD).await.assert_ok();
}

#[tokio::test]
async fn an_operator_can_reset_the_failures() {
    on_every_store(async |app| {
        app.registered("alice").await;
        for _ in 0..FREE {
            guess(&app).await.assert_status(401);
        }
        assert_limited(&guess(&app).await, 1);
        let forget = Change::ForgetFailures(alice());
        app.store.commit(forget, Vec::new()).await.expect("a store");
        app.browser().login("alice", PASSWORD).await.assert_ok();
    })
    .await;
}

/// ASVS V6.1.1: no attacker elsewhere can lock the owner out.
#[tokio::test]
async fn the_owner_on_a_known_device_is_never_locked_out() {
    let app = TestApp::in_memory().await;
    let owner = app.registered("alice").await;
    owner.logout().await.assert_status(204);
    for done in 0..MOST_IN_A_ROW {
        app.clock.advance(3_600);
        guess(&app).await.assert_status(401);
        if done % 20 == 19 {
            // A forged device cookie does not help the attacker, nor do the owner's own calls.
            let forger = stranger(&app);
            let (name, value) = owner.device_cookie().expect("a device cookie");
            forger.set_cookie(&name, &value.replace(|c: char| c.is_ascii_digit(), "A"));
            assert_eq!(forger.login("alice", PASSWORD).await.status, 429);
            let known = owner.copied();
            known.login("alice", WRONG).await.assert_problem(401, "invalid_credentials");
        }
    }
    assert_limited(&stranger(&app).login("alice", PASSWORD).await, YEAR);
    // The owner's own failures are throttled: a second after the fifth.
    app.clock.advance(1);
    owner.login("alice", PASSWORD).await.assert_ok();
}

/// A thief of the device cookie can guess there, throttled as elsewhere.
#[tokio::test]
async fn a_known_device_is_throttled_by_its_own_failures_and_no_others() {
    on_every_store(async |app| {
        let (first, second) = (app.registered("alice").await, app.logged_in("alice").await);
        for _ in 0..FREE {
            first.copied().login("alice", WRONG).await.assert_problem(401, "invalid_credentials");
        }
        assert_limited(&first.login("alice", PASSWORD).await, 1);
        second.login("alice", PASSWORD).await.assert_ok();
        guess(&app).await.assert_problem(401, "invalid_credentials");
        app.clock.advance(1);
        first.login("alice", PASSWORD).await.assert_ok();
        for _ in 0..FREE {
            first.copied().login("alice", WRONG).await.assert_problem(401, "invalid_credentials");
        }
    })
    .await;
}

#[tokio::test]
async fn a_device_where_a_hundred_were_wrong_is_known_no_longer() {
    let app = TestApp::in_memory().await;
    let device = app.registered("alice").await;
    for _ in 0..MOST_IN_A_ROW {
        app.clock.advance(3_600);
        device.login("alice", WRONG).await.assert_problem(401, "invalid_credentials");
    }
    // From now on it is throttled as an unknown device, with its free failures.
    for _ in 0..FREE {
        device.login("alice", WRONG).await.assert_problem(401, "invalid_credentials");
    }
    assert_limited(&guess(&app).await, 1);
    assert_limited(&device.login("alice", WRONG).await, 1);
    app.clock.advance(1);
    device.login("alice", PASSWORD).await.assert_ok();
    device.login("alice", WRONG).await.assert_problem(401, "invalid_credentials");
}

/// Each attempt is counted before its password is verified.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_thousand_guesses_at_once_no_more_are_verified_than_one_by_one() {
    on_every_store(async |app| {
        app.registered("alice").await;
        let other = app.another_instance().await;
        let before = verified(&app) + verified(&other);
        let guesses = (0..1_000_u32).map(|number| {
            let app = if number % 2 == 0 { &app } else { &other };
            let browser = stranger(app);
            tokio::spawn(async move { browser.login("alice", WRONG).await.status.as_u16() })
        });
        let answers = join_all(guesses).await;
        let verified = verified(&app) + verified(&other) - before;
        // One may be counted and then be a 503, if the store was too busy for the next query.
        assert!((1..=u64::from(FREE)).contains(&verified), "{verified}");
        let answered =
            |status| answers.iter().filter(|it| *it.as_ref().expect("no panic") == status).count();
        assert_eq!(answered(401) as u64, verified);
        assert_eq!(answered(401) + answered(429) + answered(503), answers.len());
    })
    .await;
}

async fn limited_in_a_session(app: &TestApp, alice: &Browser, call: impl AsyncFn(&str) -> Answer) {
    let stranger = app.browser();
    for _ in 0..FREE {
        call(WRONG).await.assert_problem(401, "invalid_credentials");
    }
    let before = verified(app);
    assert_limited(&call(WRONG).await, 1);
    assert_limited(&call(PASSWORD).await, 1);
    assert_eq!(verified(app), before);
    alice.me().await.assert_ok();
    // The lockout is this session's alone.
    stranger.login("alice", PASSWORD).await.assert_ok();
    app.clock.advance(1);
}

#[tokio::test]
async fn failed_step_ups_are_throttled() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        limited_in_a_session(&app, &alice, async |password| alice.confirm(password).await).await;
        alice.confirm(PASSWORD).await.assert_ok();
        alice.confirm(WRONG).await.assert_problem(401, "invalid_credentials");
    })
    .await;
}

#[tokio::test]
async fn failed_password_changes_are_throttled() {
    on_every_store(async |app| {
        let alice = app.registered("alice").await;
        let change = async |current: &str| {
            alice.change_password(current, "marble heron beyond tuesday").await
        };
        limited_in_a_session(&app, &alice, change).await;
        // Both calls share the session's count.
        alice.confirm(WRONG).await.assert_problem(401, "invalid_credentials");
        assert_limited(&change(PASSWORD).await, 2);
        app.clock.advance(2);
        change(PASSWORD).await.assert_status(204);
        alice.confirm(WRONG).await.assert_problem(401, "invalid_credentials");
    })
    .await;
}

#[tokio::test]
async fn a_limit_that_was_hit_is_recorded_once() {
    on_every_store(async |app| {
        let owner = app.registered("alice").await;
        for _ in 0..FREE + 20 {
            guess(&app).await;
        }
        let kinds = owner.events().await;
        let count = |wanted: &str| kinds.iter().filter(|kind| *kind == wanted).count();
        assert_eq!((count("limited"), count("login_failed")), (1, FREE as usize), "{kinds:?}");
        app.clock.advance(7_200);
        owner.refresh().await.assert_ok();
        for _ in 0..2 {
            // The first is verified, the second throttled.
            guess(&app).await;
        }
        let page = format!("{}?kind=limited", path::EVENTS);
        let recorded = owner.call(Method::GET, &page, None).await.assert_ok().json();
        assert_eq!(recorded["events"].as_array().map(Vec::len), Some(2));
    })
    .await;
}
