//! Tokens whose key is not in the ring: perhaps of another instance's key, most often invented.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use shared::path;
use tokio::time::{advance, pause};

use crate::services::{form, service};
use crate::support::{Faulty, Frozen, ORIGIN, Place, TestApp};

/// Tokens with an unknown `kid` cause at most one query a second.
#[tokio::test]
async fn an_unknown_key_is_looked_up_once_a_second() {
    let store = Faulty::new();
    let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
    let stranger = TestApp::in_memory().await.registered("alice").await.through(&app);
    pause();
    for _ in 0..3 {
        let before = store.keys_read();
        for _ in 0..10 {
            stranger.me().await.assert_problem(401, "invalid_token");
        }
        assert_eq!(store.keys_read() - before, 1);
        advance(Duration::from_secs(1)).await;
    }
}

/// While the ring cannot be read, an unknown key may be that of another instance: its token is not judged, and the
/// revocation that it asks for is not said to have taken place. Invented keys read the ring no more often.
#[tokio::test]
async fn a_token_with_an_unknown_key_is_not_judged_while_storage_fails() {
    let store = Faulty::new();
    let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
    let notes = service(&app, "notes", ORIGIN).await;
    let stranger = TestApp::in_memory().await.registered("alice").await.through(&app);
    let token = format!("token={}", stranger.access_token());
    pause();
    for is_failing in [true, false] {
        advance(Duration::from_secs(1)).await;
        let before = store.keys_read();
        for _ in 0..3 {
            if is_failing {
                store.freeze(Frozen::Keys, Duration::ZERO);
            }
            let me = stranger.me().await;
            let revoked = form(&app, path::REVOKE, None, &token).await;
            let introspected = form(&app, path::INTROSPECT, Some(&notes), &token).await;
            store.thaw();
            if is_failing {
                for answer in [me, revoked, introspected] {
                    answer.assert_problem(503, "temporarily_unavailable");
                }
            } else {
                me.assert_problem(401, "invalid_token");
                revoked.assert_ok();
                assert_eq!(introspected.assert_ok().json(), json!({"active": false}));
            }
        }
        assert_eq!(store.keys_read() - before, 1);
    }
}

/// Calls that share a read have not failed because another one made it.
#[tokio::test]
async fn unknown_keys_at_the_same_moment_are_refused_then_and_afterwards() {
    let store = Faulty::new();
    let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
    let stranger = TestApp::in_memory().await.registered("alice").await.through(&app);
    pause();
    let before = store.keys_read();
    // Others revalidate the ring at that moment, by the same read.
    let (held, reloads) = (store.hold_keys(), (0..3).map(|_| app.app.keys.revalidate(&app.store)));
    let calls = join_all((0..3).map(|_| stranger.me()));
    let release = async { drop(held) };
    let (calls, reloads, ()) = tokio::join!(calls, join_all(reloads), release);
    assert!(reloads.iter().all(Result::is_ok));
    for answer in calls {
        answer.assert_problem(401, "invalid_token");
    }
    assert!(store.keys_read() > before);
    stranger.me().await.assert_problem(401, "invalid_token");
}
