//! Rotations that are decided on remembered rows: one write each, and never by what another instance has changed.

use std::sync::Arc;

use axum::http::Method;
use backend::store::{self, Change, ClientInfo, Remembering};
use serde_json::json;
use shared::SessionId;
use shared::path::{self, REFRESH_COOKIE};

use crate::native::{TODO, Tokens, assert_refused, client, logged_in, refresh};
use crate::support::{Answer, Browser, Faulty, PASSWORD, Place, Schema, TestApp};

const KEY: &str = "attempt-key-number-1";

type Engine = Arc<Remembering<Faulty>>;

async fn remembering() -> (TestApp, Engine) {
    let store = Arc::new(Remembering::over(Faulty::default()));
    (TestApp::over(Arc::clone(&store) as _, Place::Memory, &[]).await, store)
}

/// A user whose session is remembered.
async fn alice(app: &TestApp) -> Browser {
    let alice = app.registered("alice").await;
    alice.refresh().await.assert_ok();
    alice
}

#[tokio::test]
async fn a_refresh_of_a_remembered_session_is_one_write() {
    let (app, store) = remembering().await;
    let alice = alice(&app).await;
    for _ in 0..10 {
        let (read, written) = (store.engine().sessions_read(), store.engine().written());
        alice.refresh().await.assert_ok();
        assert_eq!(store.engine().sessions_read(), read);
        assert_eq!(store.engine().written(), written + 1);
    }
    assert_eq!(alice.refreshes().await, 11);
}

#[tokio::test]
async fn a_rotation_whose_answer_is_lost_is_answered_again() {
    let (app, store) = remembering().await;
    let alice = alice(&app).await;
    store.engine().lose_next_answers(1);
    alice.refresh_with(KEY).await.assert_problem(503, "temporarily_unavailable");
    alice.refresh_with(KEY).await.assert_ok();
    alice.refresh().await.assert_ok();
    assert_eq!(alice.refreshes().await, 3);
}

/// A remembered row knows its client as well as the row itself: in other hands the next ticket is as good as unknown.
#[tokio::test]
async fn a_remembered_session_is_refreshed_by_its_own_client_alone() {
    let (app, store) = remembering().await;
    for id in [TODO, "mail"] {
        client(&app, id).await;
    }
    let alice = alice(&app).await;
    let first = logged_in(&app, TODO).await;
    let answer = refresh(&app, TODO, &first.refresh).await;
    let tokens = Tokens::of(answer.assert_ok());
    let session = serde_json::from_value(answer.json()["session_id"].clone()).expect("an id");
    let is_remembered = |id: SessionId| app.app.event_log.store.remembered(id).is_some();
    let written = store.engine().written();
    for (by, ticket) in [("mail", &tokens.refresh), (TODO, &alice.refresh_token())] {
        assert!(is_remembered(session) && is_remembered(session_of(&alice)));
        assert_refused(&refresh(&app, by, ticket).await, 400, "invalid_grant");
    }
    let browser = app.browser();
    browser.set_cookie(REFRESH_COOKIE, &tokens.refresh);
    assert!(is_remembered(session));
    browser.refresh().await.assert_problem(401, "invalid_grant");
    assert_eq!(store.engine().written(), written, "neither a rotation nor a revocation");
    let read = store.engine().sessions_read();
    refresh(&app, TODO, &tokens.refresh).await.assert_ok();
    alice.refresh().await.assert_ok();
    assert_eq!(store.engine().sessions_read(), read);
    assert_eq!(store.engine().written(), written + 2);
}

/// What another instance does, and what the next refresh at this one has to answer.
#[derive(Debug, Clone, Copy)]
enum Elsewhere {
    Logout,
    SignOut,
    Disabled,
    StepUp,
    Replay,
    Renamed,
    Confirmed,
    PasswordChange,
    Refreshed,
    SameAttempt,
}

impl Elsewhere {
    const ALL: [Self; 10] = [
        Self::Logout,
        Self::SignOut,
        Self::Disabled,
        Self::StepUp,
        Self::Replay,
        Self::Renamed,
        Self::Confirmed,
        Self::PasswordChange,
        Self::Refreshed,
        Self::SameAttempt,
    ];

    async fn bring_about(self, there: &TestApp, alice: &Browser) {
        let browser = alice.through(there);
        match self {
            Self::Logout => drop(browser.copied().logout().await),
            Self::SignOut => {
                let other = there.logged_in("alice").await;
                other.call(Method::DELETE, path::SESSIONS, None).await.assert_status(204);
            }
            Self::Disabled => there.disable("alice").await,
            Self::StepUp => {
                let want = Change::RequireStepUp(session_of(alice), there.clock.now());
                there.app.event_log.store.commit(want, Vec::new()).await.expect("a store");
            }
            Self::Replay => {
                let older = browser.copied();
                browser.refresh().await.assert_ok();
                older.refresh().await.assert_status(401);
            }
            Self::Renamed => {
                let name = Some(json!({"name": "Alice of there"}));
                browser.call(Method::PUT, path::NAME, name).await.assert_status(204);
            }
            Self::Confirmed => {
                there.clock.advance(1_000);
                let (session, client) = (session_of(alice), ClientInfo::unknown());
                let confirm = Change::Confirm { session, at: there.clock.now(), client };
                there.app.event_log.store.commit(confirm, Vec::new()).await.expect("a store");
            }
            Self::PasswordChange => {
                browser
                    .change_password(PASSWORD, "marble heron beyond tuesday")
                    .await
                    .assert_status(204);
            }
            Self::Refreshed => drop(browser.refresh().await.assert_ok()),
            Self::SameAttempt => drop(browser.refresh_and_lose_the_answer(KEY).await.assert_ok()),
        }
    }

    async fn check(self, here: &TestApp, alice: &Browser, answer: &Answer) {
        match self {
            Self::Logout | Self::SignOut | Self::Disabled | Self::Replay => {
                answer.assert_status(401);
            }
            Self::StepUp => {
                answer.assert_problem(401, "insufficient_user_authentication");
            }
            Self::Renamed => {
                assert_eq!(answer.assert_ok().json()["user"]["name"], "Alice of there")
            }
            Self::Confirmed => {
                answer.assert_ok();
                assert_eq!(alice.claims()["auth_time"], here.clock.now().0);
            }
            Self::PasswordChange | Self::Refreshed | Self::SameAttempt => {
                answer.assert_ok();
                alice.refresh().await.assert_ok();
            }
        }
    }
}

fn session_of(browser: &Browser) -> SessionId {
    serde_json::from_value(browser.claims()["sid"].clone()).expect("an id")
}

/// The generation of the session that this instance remembers.
fn remembered(app: &TestApp, browser: &Browser) -> Option<u32> {
    let row = app.app.event_log.store.remembered(session_of(browser));
    row.map(|row| row.session.family.generation.0)
}

#[tokio::test]
async fn what_another_instance_has_changed_counts_at_the_next_refresh() {
    for elsewhere in Elsewhere::ALL {
        let Some(schema) = Schema::new().await else { return };
        let store = store::open(schema.url.as_str()).await.expect("a store");
        let here = TestApp::over(store, Place::Schema(schema), &[]).await;
        let there = here.another_instance().await;
        let alice = alice(&here).await;
        assert_eq!(remembered(&here, &alice), Some(1));
        elsewhere.bring_about(&there, &alice).await;
        assert_eq!(remembered(&here, &alice), Some(1), "{elsewhere:?}");
        let answer = alice.refresh_with(KEY).await;
        elsewhere.check(&here, &alice, &answer).await;
    }
}

/// As if none of it had been remembered: no limit keeps a replay from revoking its session.
#[tokio::test]
async fn a_replay_at_an_instance_that_remembers_an_older_row_revokes_beyond_the_limit() {
    let Some(schema) = Schema::new().await else { return };
    let store = store::open(schema.url.as_str()).await.expect("a store");
    let here = TestApp::over(store, Place::Schema(schema), &[]).await;
    let there = here.another_instance().await;
    let alice = alice(&here).await;
    let stolen = alice.copied();
    alice.through(&there).refresh().await.assert_ok();
    // Each session has half of its account's refreshes.
    for _ in 0..2 {
        let other = here.logged_in("alice").await;
        while other.refresh().await.status != 429 {}
    }
    assert_eq!(remembered(&here, &alice), Some(1));
    stolen.refresh().await.assert_problem(401, "invalid_grant");
    let found = there.app.event_log.store.find_session(session_of(&alice)).await;
    let (row, _) = found.expect("a store").expect("a session");
    assert!(!row.is_live());
}
