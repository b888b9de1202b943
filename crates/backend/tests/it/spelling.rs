//! Canonical email addresses: several spellings are one account, and accounts from before that rule.

use backend::auth::account::email::Email;
use backend::auth::account::spelling::{Pair, canonicalise, look_for_spellings};
use backend::auth::login::password_hasher::Priority;
use backend::store::{self, Change, User};
use serde_json::{Value, json};
use shared::path::{self, DEVICES_COOKIE};
use shared::{Secret, UserId};

use crate::support::program::{Serving, baton, folder, run, run_with_input};
use crate::support::{Answer, Browser, PASSWORD, START, TestApp, on_every_store};

const OTHER: &str = "marble heron beyond tuesday";
const WRONG: &str = "a wrong password, mistyped";

/// Two spellings of one address, as two browsers send them; the first is canonical.
const PAIRS: [[&str; 2]; 3] = [
    ["zo\u{eb}@example.com", "zoe\u{308}@example.com"],
    ["x@xn--bcher-kva.example", "x@b\u{fc}cher.example"],
    ["x@xn--fsqu00a.example", "X@例子.example"],
];

async fn log_in(browser: &Browser, email: &str, password: &str) -> Answer {
    browser.post(path::LOGIN, json!({"email": email, "password": password})).await
}

async fn register(app: &TestApp, email: &str) -> Answer {
    app.browser().post(path::REGISTER, json!({"email": email, "password": PASSWORD})).await
}

/// An account as an older version has stored it: as its address was typed.
async fn stored(app: &TestApp, typed: &str, password: &str) -> UserId {
    let hasher = &app.app.logins.attempts.hasher;
    let hash = hasher.hash(&Secret::new(password.to_owned()), Priority::Normal).await;
    let user = User {
        id: app.app.entropy.user_id(START),
        email: Email::as_typed(typed).or_else(|| Email::parse(typed)).expect("an address"),
        name: None,
        password_hash: hash.expect("a hash"),
        created_at: START,
        disabled_at: None,
    };
    let id = user.id;
    let add = Change::AddUser(Box::new(user));
    assert!(app.store.commit(add, Vec::new()).await.expect("a store").took_place(), "{typed}");
    id
}

fn user_of(answer: &Answer) -> Value {
    answer.assert_ok().json()["user"]["id"].clone()
}

#[tokio::test]
async fn one_address_is_one_account_however_it_is_spelt() {
    on_every_store(async |app| {
        for [one, other] in PAIRS {
            for [first, second] in [[one, other], [other, one]] {
                let registered = register(&app, first).await;
                let user = registered.assert_status(201).json()["user"]["id"].clone();
                register(&app, second).await.assert_problem(409, "email_taken");
                for spelling in [first, second] {
                    let browser = app.browser();
                    assert_eq!(user_of(&log_in(&browser, spelling, PASSWORD).await), user);
                }
                let found = app.administration().find(second).await.expect("a store");
                let found = found.expect("the user");
                assert_eq!(json!(found.id), user);
                // Frees the address for the next spelling.
                let browser = app.browser();
                log_in(&browser, first, PASSWORD).await.assert_ok();
                browser.call(axum::http::Method::DELETE, path::ME, None).await.assert_status(204);
            }
        }
    })
    .await;
}

/// Another spelling gives no second throttling count, and a known device is known by each.
#[tokio::test]
async fn wrong_passwords_and_devices_are_counted_by_the_canonical_form() {
    on_every_store(async |app| {
        let [one, other] = PAIRS[1];
        register(&app, one).await.assert_status(201);
        for spelling in [one, other, one, other, other] {
            log_in(&app.browser(), spelling, WRONG).await.assert_status(401);
        }
        log_in(&app.browser(), one, WRONG).await.assert_problem(429, "rate_limited");
        log_in(&app.browser(), other, WRONG).await.assert_problem(429, "rate_limited");
        app.clock.advance(1);
        let known = app.browser();
        log_in(&known, one, PASSWORD).await.assert_ok();
        let again = log_in(&known, other, PASSWORD).await;
        let set = again.assert_ok().set_cookies();
        let set = set.iter().any(|cookie| cookie.name() == DEVICES_COOKIE);
        assert!(!set, "the device is known already");
    })
    .await;
}

#[tokio::test]
async fn an_account_from_before_gets_the_canonical_form_and_logs_in_by_any() {
    on_every_store(async |app| {
        let store = &app.store;
        let mut users = Vec::new();
        for [one, other] in PAIRS {
            let user = stored(&app, other, PASSWORD).await;
            // Before the rewrite it is found by its stored spelling, and no other account can take that.
            assert_eq!(user_of(&log_in(&app.browser(), other, PASSWORD).await), json!(user));
            register(&app, other).await.assert_problem(409, "email_taken");
            users.push((user, one, other));
        }
        stored(&app, "plain@example.com", PASSWORD).await;
        let found = look_for_spellings(&**store).await.expect("a store");
        assert_eq!((found.rewritten, found.pairs.len()), (3, 0));
        let found = canonicalise(store).await.expect("a store");
        assert_eq!((found.rewritten, found.pairs.len()), (3, 0));
        assert_eq!(canonicalise(store).await.expect("a store").rewritten, 0, "once");
        for (user, one, other) in users {
            for spelling in [one, other] {
                let login = log_in(&app.browser(), spelling, PASSWORD).await;
                assert_eq!(user_of(&login), json!(user), "{spelling}");
            }
            register(&app, one).await.assert_problem(409, "email_taken");
        }
    })
    .await;
}

#[tokio::test]
async fn two_accounts_that_share_an_address_stay_two_and_the_operator_is_warned() {
    on_every_store(async |app| {
        for [one, other] in PAIRS {
            let (canonical, user) =
                (stored(&app, one, PASSWORD).await, stored(&app, other, OTHER).await);
            for _ in 0..2 {
                let found = canonicalise(&app.store).await.expect("a store");
                let email = Email::as_typed(other).expect("another spelling");
                assert!(found.pairs.contains(&Pair { user, email, canonical }), "{found:?}");
                assert_eq!(found.rewritten, 0);
                assert_eq!(look_for_spellings(&*app.store).await.expect("a store"), found);
                // Each by its own spelling and password.
                let login = log_in(&app.browser(), one, PASSWORD).await;
                assert_eq!(user_of(&login), json!(canonical));
                assert_eq!(user_of(&log_in(&app.browser(), other, OTHER).await), json!(user));
                log_in(&app.browser(), one, OTHER).await.assert_status(401);
                log_in(&app.browser(), other, PASSWORD).await.assert_status(401);
            }
            register(&app, one).await.assert_problem(409, "email_taken");
            register(&app, other).await.assert_problem(409, "email_taken");
            let administration = app.administration();
            let named = administration.find(other).await.expect("a store").expect("a user");
            assert_eq!(named.id, user);
        }
    })
    .await;
}

/// With a shared count, the owner of one account could guess at the other without limit: each own login would reset
/// it.
#[tokio::test]
async fn of_a_pair_each_has_its_own_failure_count_and_known_devices() {
    on_every_store(async |app| {
        let [one, other] = PAIRS[0];
        stored(&app, one, PASSWORD).await;
        stored(&app, other, OTHER).await;
        let browser = app.browser();
        log_in(&browser, other, OTHER).await.assert_ok();
        for _ in 0..5 {
            log_in(&browser, one, WRONG).await.assert_status(401);
        }
        log_in(&browser, one, WRONG).await.assert_problem(429, "rate_limited");
        log_in(&browser, other, OTHER).await.assert_ok();
        log_in(&browser, one, WRONG).await.assert_problem(429, "rate_limited");
    })
    .await;
}

/// The displayed address can be used to log in.
#[tokio::test]
async fn a_domain_is_shown_in_its_own_script() {
    let app = TestApp::in_memory().await;
    let registered = register(&app, PAIRS[1][0]).await;
    let shown = registered.assert_status(201).json()["user"]["email"].clone();
    assert_eq!(shown, PAIRS[1][1]);
    log_in(&app.browser(), shown.as_str().expect("text"), PASSWORD).await.assert_ok();
}

/// The commands, on a file that an older version has left.
#[tokio::test(flavor = "multi_thread")]
async fn serve_migrate_and_check_find_what_an_older_version_has_left() {
    let folder = folder();
    let file = folder.path().join("baton.db");
    let store = store::open(&format!("sqlite:{}", file.display())).await.expect("a store");
    let users = [PAIRS[0][0], PAIRS[0][1], PAIRS[1][1]].map(|typed| User {
        id: UserId::from_bytes([0; 16]),
        email: Email::as_typed(typed).or_else(|| Email::parse(typed)).expect("an address"),
        name: None,
        password_hash: String::new(),
        created_at: START,
        disabled_at: None,
    });
    for (number, user) in (1..).zip(users) {
        let user = User { id: UserId::from_bytes([number; 16]), ..user };
        let add = Change::AddUser(Box::new(user));
        assert!(store.commit(add, Vec::new()).await.expect("a store").took_place());
    }
    store.close().await;
    let log = folder.path().join("log");
    let migrated = run(folder.path(), &["migrate"]);
    let output = String::from_utf8(migrated.stderr).expect("UTF-8");
    assert!(output.contains("rewrote 1 addresses"), "{output}");
    assert!(output.contains("as \"zoe\\u{308}@example.com\""), "{output}");
    drop(Serving::logging(folder.path(), &[], &log));
    let logged = std::fs::read_to_string(&log).expect("the log");
    assert!(logged.contains("address.shared") && !logged.contains("example.com"), "{logged}");
    let checked = run(folder.path(), &["check"]);
    let said = String::from_utf8(checked.stdout).expect("UTF-8");
    let pair =
        "addresses      two accounts have one address: 01010101-0101-0101-0101-010101010101 as";
    assert!(said.contains(pair), "{said}");
    let taken = ["users", "add", PAIRS[1][1]];
    let taken = run_with_input(folder.path(), &taken, &format!("{PASSWORD}\n"));
    assert!(String::from_utf8(taken.stderr).expect("UTF-8").contains("has this address already"));
    let disabled = baton(folder.path()).args(["users", "disable", PAIRS[0][1]]).output();
    assert!(disabled.expect("the program runs").status.success());
    let list = String::from_utf8(run(folder.path(), &["users", "list"]).stdout).expect("UTF-8");
    let of_two = list.lines().find(|line| line.starts_with("02020202")).expect("a line");
    assert!(of_two.contains("disabled"), "{list}");
}
