//! The cache of verified access tokens: a token is recognised at its next call, and no longer than it is valid.

use std::time::Duration;

use axum::http::Method;
use backend::auth::revocation::key_revocation::revoke_key;
use backend::store::KeyPurpose;
use shared::path;

use crate::support::{Browser, PASSWORD, TestApp, on_every_store_with};

const NO_LIMITS: &[&str] = &["--limits", "off"];

fn is_recognised(app: &TestApp, browser: &Browser) -> bool {
    app.app.callers.recognise(&browser.access_token()).is_some()
}

async fn until_complete(app: &TestApp) {
    let mut look_again = tokio::time::interval(Duration::from_millis(5));
    while !app.app.callers.revocations.is_complete() {
        look_again.tick().await;
    }
}

/// Each way in which a token ceases to be valid.
#[derive(Debug, Clone, Copy)]
enum End {
    Logout,
    SignOutElsewhere,
    PasswordChange,
    DisabledUser,
    RevokedKey,
    Expiry,
}

impl End {
    const ALL: [Self; 6] = [
        Self::Logout,
        Self::SignOutElsewhere,
        Self::PasswordChange,
        Self::DisabledUser,
        Self::RevokedKey,
        Self::Expiry,
    ];

    /// Ends the validity of this browser's token; `other` is of the same user.
    async fn bring_about(self, app: &TestApp, browser: &Browser, other: &Browser) {
        match self {
            Self::Logout => {
                browser.copied().logout().await;
            }
            Self::SignOutElsewhere => {
                other.call(Method::DELETE, path::SESSIONS, None).await;
            }
            Self::PasswordChange => {
                other.change_password(PASSWORD, "another-right-horse").await;
            }
            Self::DisabledUser => app.disable("alice").await,
            Self::RevokedKey => {
                let now = app.clock.now();
                let ring = app.app.keys.current();
                let kid = ring.in_use(KeyPurpose::Access, now).expect("a key").kid.clone();
                let (log, keys) = (&app.app.event_log, &app.app.keys);
                revoke_key(log, keys, &kid, &mut |_| {}).await.expect("it was in use");
            }
            Self::Expiry => app.clock.advance(900 + 10),
        }
    }
}

#[tokio::test]
async fn a_recognised_token_is_refused_as_soon_as_it_is_not_valid() {
    for end in End::ALL {
        on_every_store_with(NO_LIMITS, async |app| {
            let _following = app.app.revocation_listener.listen();
            let alice = app.registered("alice").await;
            let other = app.logged_in("alice").await;
            until_complete(&app).await;
            assert!(!is_recognised(&app, &alice), "not before it was verified");
            alice.me().await.assert_ok();
            assert!(is_recognised(&app, &alice));
            alice.me().await.assert_ok();
            end.bring_about(&app, &alice, &other).await;
            assert!(!is_recognised(&app, &alice), "{end:?}");
            assert_eq!(alice.me().await.status, 401, "{end:?}");
        })
        .await;
    }
}

/// A token that differs in one character is another one.
#[tokio::test]
async fn no_other_token_is_recognised() {
    let app = TestApp::in_memory().await;
    let _following = app.app.revocation_listener.listen();
    let alice = app.registered("alice").await;
    until_complete(&app).await;
    alice.me().await.assert_ok();
    let token = alice.access_token();
    assert!(app.app.callers.recognise(&token).is_some());
    for at in 0..token.len() {
        let mut other = token.clone().into_bytes();
        other[at] ^= 1;
        let other = String::from_utf8(other).expect("ASCII");
        assert!(app.app.callers.recognise(&other).is_none(), "{at}");
    }
    for other in [&token[..token.len() - 1], &format!("{token}="), ""] {
        assert!(app.app.callers.recognise(other).is_none());
    }
}
