//! A database that freezes between any two steps of a call: answered within 3 s all the same, however many steps were
//! left, and a retry finds all as it should be.

use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use backend::auth::login::login_throttle::FREE;
use backend::pace::rest;
use serde_json::{Value, json};
use shared::path::{self, REFRESH_COOKIE, at_port};
use tokio::time::Instant;

use super::{KEY, NEVER, NEW_PASSWORD, PATIENCE, TIMEOUTS};
use crate::login::{WEAK_HASH, stored};
use crate::services::{form, service};
use crate::support::{Answer, Browser, Faulty, Frozen, ORIGIN, PASSWORD, Place, TestApp};

/// More than any call asks storage.
const MOST_STEPS: usize = 40;

/// What a call of a kind needs.
struct Scene {
    store: Arc<Faulty>,
    app: TestApp,
    alice: Browser,
    /// Alice's, on another device.
    other: Browser,
    service: String,
}

/// What a call means for Alice.
enum Effect {
    /// Her browser has a session, the same or another.
    Kept,
    /// It has none.
    Ended,
    /// It has one, and the password is [`NEW_PASSWORD`].
    NewPassword,
}
use Effect::{Ended, Kept, NewPassword};

impl Scene {
    async fn set() -> Self {
        let store = Faulty::new();
        let app = TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await;
        let alice = app.registered("alice").await;
        let other = app.logged_in("alice").await;
        let service = service(&app, "notes", ORIGIN).await;
        Self { store, app, alice, other, service }
    }

    /// A sign-in by Alice's browser, in her session.
    async fn sign_in(&self, path: &str, name: &str, password: &str) -> Answer {
        let body = json!({"email": format!("{name}@example.com"), "password": password});
        self.alice.post_with(KEY, path, body).await
    }

    /// A sign-in by a browser without a session.
    async fn sign_in_elsewhere(&self, path: &str, name: &str, password: &str) -> Answer {
        let body = json!({"email": format!("{name}@example.com"), "password": password});
        self.app.browser().post_with(KEY, path, body).await
    }

    async fn assert_ended(&self) {
        self.alice.copied().refresh().await.assert_status(401);
    }

    async fn assert_refreshed(&self) {
        self.alice.refresh().await.assert_ok();
    }

    async fn assert_new_password(&self) {
        self.app.browser().login("alice", NEW_PASSWORD).await.assert_ok();
    }

    async fn keyed(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.alice.call_with(KEY, method, path, body).await
    }

    async fn end_session_of(&self, browser: &Browser) -> Answer {
        let id = browser.claims()["sid"].as_str().and_then(|id| id.parse().ok());
        self.keyed(Method::DELETE, &path::session(id.expect("a session")), None).await
    }
}

/// Plays `call` with storage that freezes before its first step, its second, and so on, until it has met no freeze; a
/// change that meets the freeze is lost, or only its answer is. Each answer is 503, which takes no cookie, or `right`, and
/// then the call has had its effect. A retry is answered right, and has its effect.
async fn assert_answered_in_time_at_any_step(
    right: u16,
    effect: Effect,
    prepare: impl AsyncFn(&Scene),
    call: impl AsyncFn(&Scene) -> Answer,
) {
    let [_, slower] = TIMEOUTS;
    let everything = (Frozen::Everything, slower);
    let freezes = [(everything, false), (everything, true), ((Frozen::Changes, NEVER), false)];
    for (freeze, loses_first) in freezes {
        for step in 0.. {
            assert!(step < MOST_STEPS, "so many steps");
            let scene = Scene::set().await;
            prepare(&scene).await;
            scene.store.freeze_at(step, freeze, loses_first);
            let begun = Instant::now();
            let answer = call(&scene).await;
            let (took, has_met) = (begun.elapsed(), scene.store.is_frozen());
            assert!(took < PATIENCE, "{took:?}, at step {step}: {freeze:?}");
            assert!(step > 0 || has_met, "it never asks storage");
            scene.store.thaw();
            // A failure is shared for a moment.
            rest(Duration::from_secs(1)).await;
            if has_met && answer.status != right {
                answer.assert_problem(503, "temporarily_unavailable");
                assert!(answer.set_cookies().is_empty(), "step {step}");
                assert_eq!(answer.header("clear-site-data"), None, "step {step}");
            } else {
                answer.assert_status(right);
                // A refresh here would come between the call and its retry.
                match effect {
                    Kept => {}
                    Ended => scene.assert_ended().await,
                    NewPassword => scene.assert_new_password().await,
                }
            }
            call(&scene).await.assert_status(right);
            match effect {
                Ended => scene.assert_ended().await,
                Kept => scene.assert_refreshed().await,
                NewPassword => {
                    scene.assert_new_password().await;
                    scene.assert_refreshed().await;
                }
            }
            if !has_met {
                break;
            }
        }
    }
}

async fn as_it_is(_: &Scene) {}

macro_rules! at_any_step {
    ($($test:ident: $right:literal, $effect:ident, $prepare:expr, $call:expr;)+) => {
        $(#[tokio::test(start_paused = true)]
        async fn $test() {
            assert_answered_in_time_at_any_step($right, $effect, $prepare, $call).await;
        })+
    };
}

at_any_step! {
    a_registration: 201, Kept, as_it_is,
        async |it: &Scene| it.sign_in_elsewhere(path::REGISTER, "bob", PASSWORD).await;
    a_registration_in_a_session: 201, Kept, as_it_is,
        async |it: &Scene| it.sign_in(path::REGISTER, "bob", PASSWORD).await;
    a_registration_of_a_known_address: 409, Kept, as_it_is,
        async |it: &Scene| it.sign_in_elsewhere(path::REGISTER, "alice", PASSWORD).await;
    a_login: 200, Kept, as_it_is,
        async |it: &Scene| it.sign_in_elsewhere(path::LOGIN, "alice", PASSWORD).await;
    a_login_in_a_session: 200, Kept, as_it_is,
        async |it: &Scene| it.sign_in(path::LOGIN, "alice", PASSWORD).await;
    a_login_beside_the_cookie_of_another_server: 200, Kept,
        async |it: &Scene| {
            let stranger = TestApp::at_port(4000).await.registered("alice").await;
            it.alice.set_cookie(REFRESH_COOKIE, &stranger.refresh_token());
        },
        async |it: &Scene| it.sign_in(path::LOGIN, "alice", PASSWORD).await;
    a_login_that_replaces_a_weak_hash: 200, Kept,
        async |it: &Scene| stored(&it.app, "bob", WEAK_HASH).await,
        async |it: &Scene| it.sign_in(path::LOGIN, "bob", PASSWORD).await;
    a_login_with_a_wrong_password: 401, Kept, as_it_is,
        async |it: &Scene| it.sign_in(path::LOGIN, "alice", NEW_PASSWORD).await;
    a_login_after_too_many_wrong_passwords: 429, Kept,
        async |it: &Scene| {
            for _ in 0..FREE {
                it.app.browser().login("alice", NEW_PASSWORD).await;
            }
        },
        async |it: &Scene| it.sign_in_elsewhere(path::LOGIN, "alice", NEW_PASSWORD).await;
    a_retry_of_a_login_under_way: 200, Kept, as_it_is,
        async |it: &Scene| {
            let login = || it.sign_in(path::LOGIN, "alice", PASSWORD);
            tokio::join!(login(), login()).1
        };
    a_refresh: 200, Kept, as_it_is, async |it: &Scene| it.alice.refresh_with(KEY).await;
    a_retry_of_a_refresh: 200, Kept,
        async |it: &Scene| {
            it.alice.refresh_and_lose_the_answer(KEY).await.assert_ok();
        },
        async |it: &Scene| it.alice.refresh_with(KEY).await;
    a_replay: 401, Ended,
        async |it: &Scene| {
            let thief = it.alice.copied();
            thief.refresh().await.assert_ok();
            thief.refresh().await.assert_ok();
        },
        async |it: &Scene| it.alice.copied().refresh().await;
    the_own_account: 200, Kept, as_it_is, async |it: &Scene| it.alice.me().await;
    events: 200, Kept, as_it_is,
        async |it: &Scene| it.alice.call(Method::GET, path::EVENTS, None).await;
    a_list_of_sessions: 200, Kept, as_it_is,
        async |it: &Scene| it.alice.call(Method::GET, path::SESSIONS, None).await;
    a_change_of_name: 204, Kept, as_it_is,
        async |it: &Scene| it.keyed(Method::PUT, path::NAME, Some(json!({"name": "Alice"}))).await;
    a_step_up: 200, Kept, as_it_is, async |it: &Scene| it.alice.confirm_with(PASSWORD, KEY).await;
    a_step_up_with_a_wrong_password: 401, Kept, as_it_is,
        async |it: &Scene| it.alice.confirm(NEW_PASSWORD).await;
    a_change_of_password: 204, NewPassword, as_it_is,
        async |it: &Scene| it.alice.change_password_with(PASSWORD, NEW_PASSWORD, KEY).await;
    a_retry_of_a_change_of_password: 204, NewPassword,
        async |it: &Scene| {
            let lost = it.alice.copied();
            lost.change_password_with(PASSWORD, NEW_PASSWORD, KEY).await.assert_status(204);
        },
        async |it: &Scene| it.alice.change_password_with(PASSWORD, NEW_PASSWORD, KEY).await;
    an_end_of_another_session: 204, Kept, as_it_is,
        async |it: &Scene| it.end_session_of(&it.other).await;
    an_end_of_the_own_session: 204, Ended, as_it_is,
        async |it: &Scene| it.end_session_of(&it.alice.copied()).await;
    an_end_of_other_sessions: 204, Kept, as_it_is,
        async |it: &Scene| it.keyed(Method::DELETE, path::SESSIONS, None).await;
    an_end_of_an_account: 204, Ended, as_it_is,
        async |it: &Scene| it.keyed(Method::DELETE, path::ME, None).await;
    a_logout: 204, Ended, as_it_is,
        async |it: &Scene| {
            let answer = it.alice.copied().logout().await;
            let is_done = answer.status == 204;
            assert!(!is_done || answer.header("session-ended") == Some("?1"));
            answer
        };
    a_logout_of_two_sessions: 204, Ended,
        async |it: &Scene| it.alice.set_cookie(&at_port(REFRESH_COOKIE, 3000), &it.other.refresh_token()),
        async |it: &Scene| it.alice.copied().logout().await;
    a_revocation: 200, Ended, as_it_is,
        async |it: &Scene| {
            let body = format!("token={}", it.alice.refresh_token());
            form(&it.app, path::REVOKE, None, &body).await
        };
    a_revocation_by_access_token: 200, Ended, as_it_is,
        async |it: &Scene| {
            let body = format!("token={}", it.alice.access_token());
            form(&it.app, path::REVOKE, None, &body).await
        };
    a_revocation_by_a_service: 200, Ended, as_it_is,
        async |it: &Scene| {
            let body = format!("token={}", it.alice.access_token());
            form(&it.app, path::REVOKE, Some(&it.service), &body).await
        };
    an_introspection: 200, Kept, as_it_is,
        async |it: &Scene| {
            let body = format!("token={}", it.alice.access_token());
            let answer = form(&it.app, path::INTROSPECT, Some(&it.service), &body).await;
            assert!(answer.status != 200 || answer.json()["active"] == true);
            answer
        };
    a_status_list: 200, Kept, as_it_is,
        async |it: &Scene| it.app.browser().get(&path::status_list(1)).await;
    readiness: 200, Kept, as_it_is,
        async |it: &Scene| it.app.browser().get(path::HEALTH_READY).await;
}
