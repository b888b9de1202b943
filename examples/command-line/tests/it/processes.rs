//! The client as a program, in several processes: what it prints, and by which code it exits.

use backend::clock::Clock;

use crate::support::{Baton, EMAIL, Mode, PASSWORD, Place, Relay, printed};

const REFRESH: &str = "/api/auth/refresh";

#[tokio::test(flavor = "multi_thread")]
async fn a_user_logs_in_calls_and_logs_out() {
    let (baton, place) = (Baton::start(Clock::system()).await, Place::new());
    let run = async |arguments: &[&str]| printed(place.start(arguments)).await;
    let absent = run(&["me"]).await;
    assert_eq!((absent.code, absent.err.as_str()), (1, "command-line: not logged in\n"));
    let wrong = printed(place.start_login(&baton.origin(), "another password")).await;
    assert_eq!(wrong.code, 1);
    assert!(wrong.err.contains("(invalid_credentials)"), "{wrong:?}");
    let login = printed(place.start_login(&baton.origin(), PASSWORD)).await;
    assert_eq!((login.code, login.err.as_str()), (0, ""), "{login:?}");
    let me = run(&["me"]).await;
    assert!(me.code == 0 && me.out.contains(EMAIL), "{me:?}");
    let logout = run(&["logout"]).await;
    assert_eq!((logout.code, logout.out.as_str()), (0, "Logged out.\n"));
    assert_eq!(run(&["me"]).await.code, 1);
    assert_eq!(run(&["whoami"]).await.code, 64);
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_at_once_refresh_in_turn_and_none_signs_the_user_out() {
    let (baton, place) = (Baton::start(Clock::system()).await, Place::new());
    let relay = Relay::to(baton.address).await;
    place.logged_in(&relay.origin()).await;
    let children = [(); 4].map(|()| place.start(&["me"]));
    for child in children {
        let me = printed(child).await;
        assert!(me.code == 0 && me.out.contains(EMAIL), "{me:?}");
    }
    let refreshes = relay.requests(REFRESH);
    assert_eq!(refreshes.len(), 4);
    // Each has presented the token that the one before got.
    let cookies = refreshes.iter().map(|head| head.lines().find(|it| it.starts_with("cookie: ")));
    let cookies: std::collections::BTreeSet<_> = cookies.collect();
    assert_eq!(cookies.len(), 4);
    place.client().get("/api/me").await.expect("the user");
}

/// RFC 9700 section 4.14.2: two parties hold one refresh token, so the session ends for both.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_copy_of_the_file_revokes_the_session_and_says_so() {
    let (baton, place) = (Baton::start(Clock::system()).await, Place::new());
    place.logged_in(&baton.origin()).await;
    std::fs::copy(place.path(), place.another_path()).expect("a copy");
    assert_eq!(printed(place.start(&["me"])).await.code, 0);
    let copy = printed(place.start_on_the_copy(&["me"])).await;
    assert_eq!(copy.code, 1);
    assert!(copy.err.contains("the session is over"), "{copy:?}");
    let owner = printed(place.start(&["me"])).await;
    assert!(owner.code == 1 && owner.err.contains("Log in again"), "{owner:?}");
    // The file knows it from now on.
    assert_eq!(printed(place.start(&["me"])).await.err, "command-line: not logged in\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_signs_no_user_out() {
    let (baton, place) = (Baton::start(Clock::system()).await, Place::new());
    let relay = Relay::to(baton.address).await;
    place.logged_in(&relay.origin()).await;
    relay.set(Mode::Break);
    let away = printed(place.start(&["me"])).await;
    assert_eq!(away.code, 75);
    assert!(away.err.contains("you are still logged in"), "{away:?}");
    assert_eq!(printed(place.start(&["logout"])).await.code, 75);
    relay.set(Mode::Pass);
    assert_eq!(printed(place.start(&["me"])).await.code, 0);
}
