//! Session management by the user: the list of active sessions, and revocation of others.

use axum::http::Method;
use serde_json::Value;
use shared::path;

use crate::support::{
    Browser, FIREFOX_ON_LINUX, PASSWORD, SAFARI_ON_IPHONE, TestApp, on_every_store,
};

async fn sessions(browser: &Browser) -> Vec<Value> {
    let answer = browser.call(Method::GET, path::SESSIONS, None).await;
    answer.assert_ok().json()["sessions"].as_array().expect("sessions").clone()
}

async fn end(browser: &Browser, id: &Value) -> crate::support::Answer {
    let path = format!("{}/{}", path::SESSIONS, id.as_str().expect("an id"));
    browser.call(Method::DELETE, &path, None).await
}

/// ASVS 5.0.0 V7.5.2: users can see their active sessions.
#[tokio::test]
async fn the_list_says_where_i_am_logged_in() {
    on_every_store(async |app| {
        let here = app.browser().calling_itself(FIREFOX_ON_LINUX).at("203.0.113.9");
        here.register("alice").await.assert_status(201);
        app.clock.advance(60);
        let there = app.browser().calling_itself(SAFARI_ON_IPHONE).at("2001:db8::7");
        there.login("alice", PASSWORD).await.assert_ok();
        app.registered("bob").await;

        let listed = sessions(&here).await;
        assert_eq!(listed.len(), 2, "{listed:?}");
        assert_eq!((&listed[0]["current"], &listed[1]["current"]), (&true.into(), &false.into()));
        assert_eq!(listed[0]["ip"], "203.0.113.9");
        assert_eq!(listed[0]["device"]["browser"], "Firefox");
        assert_eq!(listed[0]["device"]["os"], "Linux");
        assert_eq!(listed[0]["device"]["kind"], "desktop");
        assert_eq!(listed[1]["ip"], "2001:db8::7");
        assert_eq!(listed[1]["device"]["browser"], "Safari");
        assert_eq!(listed[1]["device"]["os"], "iPhone");
        assert_eq!(listed[1]["device"]["kind"], "mobile");
        let (created, seen) = (&listed[0]["created_at"], &listed[0]["last_seen_at"]);
        assert_eq!((created, seen), (&1_800_000_000.into(), &1_800_000_000.into()));
        assert_eq!(listed[0]["expires_at"], 1_800_604_800);
    })
    .await;
}

#[tokio::test]
async fn a_session_that_is_over_is_not_listed() {
    on_every_store(async |app| {
        let first = app.registered("alice").await;
        app.logged_in("alice").await.logout().await.assert_status(204);
        assert_eq!(sessions(&first).await.len(), 1);
        let second = app.logged_in("alice").await;
        // The first is not refreshed for a week and expires.
        app.clock.advance(400_000);
        second.refresh().await.assert_ok();
        app.clock.advance(300_000);
        second.refresh().await.assert_ok();
        assert_eq!(sessions(&second).await.len(), 1);
    })
    .await;
}

/// ASVS 5.0.0 V7.5.2, V7.4.1: a session revoked from another has no access from then on.
#[tokio::test]
async fn one_session_is_revoked_from_another_and_is_refused_at_once() {
    on_every_store(async |app| {
        let (here, there) = (app.registered("alice").await, app.logged_in("alice").await);
        let listed = sessions(&here).await;
        for _ in 0..2 {
            end(&here, &listed[1]["id"]).await.assert_status(204);
        }
        let answer = there.me().await;
        answer.assert_problem(401, "invalid_token");
        assert_eq!(answer.json()["ended_because"], "user");
        there.refresh().await.assert_problem(401, "invalid_grant");
        here.me().await.assert_ok();
        here.refresh().await.assert_ok();
        assert_eq!(sessions(&here).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn all_other_sessions_are_revoked_and_this_one_is_not() {
    on_every_store(async |app| {
        let here = app.registered("alice").await;
        let others = [app.logged_in("alice").await, app.logged_in("alice").await];
        let bob = app.registered("bob").await;
        for _ in 0..2 {
            here.call(Method::DELETE, path::SESSIONS, None).await.assert_status(204);
        }
        for other in others {
            other.me().await.assert_problem(401, "invalid_token");
            other.refresh().await.assert_problem(401, "invalid_grant");
        }
        here.refresh().await.assert_ok();
        bob.refresh().await.assert_ok();
        let events = here.events().await;
        let recorded = events.iter().filter(|kind| *kind == "others_ended").count();
        assert_eq!(recorded, 1, "{events:?}");
    })
    .await;
}

#[tokio::test]
async fn revoking_this_session_is_logging_out() {
    let app = TestApp::in_memory().await;
    let alice = app.registered("alice").await;
    let own = sessions(&alice).await[0]["id"].clone();
    let answer = end(&alice, &own).await;
    answer.assert_status(204);
    assert_eq!(answer.header("clear-site-data"), None);
    assert_eq!(alice.cookie(path::REFRESH_COOKIE), None);
    alice.me().await.assert_problem(401, "invalid_token");
}

#[tokio::test]
async fn no_user_revokes_a_session_of_another_user_or_one_that_is_not_there() {
    on_every_store(async |app| {
        let (alice, bob) = (app.registered("alice").await, app.registered("bob").await);
        let bobs = sessions(&bob).await[0]["id"].clone();
        end(&alice, &bobs).await.assert_problem(404, "not_found");
        end(&alice, &"01890a5d-ac96-774b-bcce-b302099a8057".into())
            .await
            .assert_problem(404, "not_found");
        end(&alice, &"garbage".into()).await.assert_problem(404, "not_found");
        bob.refresh().await.assert_ok();
    })
    .await;
}

/// RFC 9470, ASVS 5.0.0 V7.5.2: revoking sessions requires step-up unless the login is recent.
#[tokio::test]
async fn revoking_a_session_requires_a_recent_login() {
    on_every_store(async |app| {
        let (here, there) = (app.registered("alice").await, app.logged_in("alice").await);
        let other = sessions(&here).await[1]["id"].clone();
        app.clock.advance(901);
        here.refresh().await.assert_ok();
        for answer in [
            end(&here, &other).await,
            here.call(Method::DELETE, path::SESSIONS, None).await,
            here.call(Method::DELETE, path::ME, None).await,
        ] {
            answer.assert_problem(401, "insufficient_user_authentication");
            assert_eq!(
                answer.header("www-authenticate"),
                Some(
                    "Bearer error=\"insufficient_user_authentication\", error_description=\"A more recent authentication is required\", max_age=\"900\""
                )
            );
        }
        there.refresh().await.assert_ok();

        here.confirm(PASSWORD).await.assert_ok();
        end(&here, &other).await.assert_status(204);
        there.refresh().await.assert_problem(401, "invalid_grant");
    })
    .await;
}
