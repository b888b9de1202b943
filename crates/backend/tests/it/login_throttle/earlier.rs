//! Failures from before an account existed do not count against its owner: an attacker who guesses first locks out
//! neither a user who registers nor one whom an administrator adds.

use backend::auth::account::email::Email;
use backend::auth::login::login_throttle::{FREE, MOST_IN_A_ROW};
use backend::store::AccountTag;
use shared::Secret;
use shared::body::RegisterRequest;

use super::{WRONG, YEAR, assert_limited, count, stranger};
use crate::support::{PASSWORD, TestApp, on_every_store};

/// One registers, one is added by an administrator.
const NAMES: [&str; 2] = ["bob", "carol"];

async fn make_accounts(app: &TestApp) {
    app.registered("bob").await;
    let carol = RegisterRequest {
        email: "Carol@example.com".to_owned(),
        password: Secret::new(PASSWORD.to_owned()),
        name: None,
    };
    app.administration().add_user(&carol).await.expect("a user");
}

#[tokio::test]
async fn failures_from_before_there_was_an_account_do_not_count() {
    on_every_store(async |app| {
        for name in NAMES {
            for _ in 0..FREE {
                stranger(&app).login(name, WRONG).await.assert_problem(401, "invalid_credentials");
            }
            assert_limited(&stranger(&app).login(name, WRONG).await, 1);
        }
        make_accounts(&app).await;
        for name in NAMES {
            stranger(&app).login(name, PASSWORD).await.assert_ok();
        }
    })
    .await;
}

/// Waiting out the lockout is no remedy, and the new owner has no known device.
#[tokio::test]
async fn a_lockout_from_before_there_was_an_account_is_lifted() {
    on_every_store(async |app| {
        for name in NAMES {
            count(&app, &format!("{name}@example.com"), MOST_IN_A_ROW).await;
            let locked_out = stranger(&app).login(name, PASSWORD).await;
            assert_limited(&locked_out, YEAR);
            assert_eq!(locked_out.json()["limited_by"], "lockout");
        }
        make_accounts(&app).await;
        for name in NAMES {
            let email = Email::parse(&format!("{name}@example.com")).expect("an address");
            let counted = app.store.failures(AccountTag::of(&email)).await;
            assert_eq!(counted.expect("a store"), None, "{name}");
            stranger(&app).login(name, PASSWORD).await.assert_ok();
        }
    })
    .await;
}
