//! The life of a session in one process: login, calls, a silent refresh, logout.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use backend::clock::Clock;
use command_line::{ClientError, Origin};
use verifier::NumericDate;

use crate::support::{Baton, EMAIL, Place, Relay};

const ME: &str = "/api/me";
const REFRESH: &str = "/api/auth/refresh";
/// More than an access token lives, less than a session.
const EXPIRED_SECONDS: i64 = 1_000;

fn manual_clock() -> Clock {
    Clock::manual(NumericDate(1_800_000_000))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_access_token_is_refreshed_in_silence() {
    let baton = Baton::start(manual_clock()).await;
    let (relay, place) = (Relay::to(baton.address).await, Place::new());
    let mut client = place.logged_in(&relay.origin()).await;
    assert!(client.get(ME).await.expect("the user").contains(EMAIL));
    assert_eq!(relay.requests(REFRESH).len(), 0);
    baton.clock.advance(EXPIRED_SECONDS);
    assert!(client.get(ME).await.expect("the user").contains(EMAIL));
    assert_eq!((relay.requests(REFRESH).len(), relay.requests(ME).len()), (1, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_is_its_owners_and_holds_no_access_token() {
    let (baton, place) = (Baton::start(manual_clock()).await, Place::new());
    let mut client = place.logged_in(&baton.origin()).await;
    client.get(ME).await.expect("the user");
    let mode = std::fs::metadata(place.path()).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = place.text();
    assert!(!text.contains(client.access_token().await.expect("a token")));
    assert!(text.contains("__Host-Http-refresh") && text.contains(r#""attempt_key": null"#));
    std::fs::set_permissions(place.path(), Permissions::from_mode(0o644)).expect("its owner");
    assert!(matches!(place.client().get(ME).await, Err(ClientError::Io(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_refused_and_keeps_the_session() {
    let (baton, place) = (Baton::start(manual_clock()).await, Place::new());
    let mut client = place.logged_in(&baton.origin()).await;
    let refused = client.log_in(&baton.origin(), EMAIL, "another password").await;
    assert!(
        matches!(&refused, Err(ClientError::Refused { code, .. }) if code == "invalid_credentials"),
        "{refused:?}"
    );
    assert!(place.client().get(ME).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_revokes_the_session_for_every_copy_of_the_file() {
    let (baton, place) = (Baton::start(manual_clock()).await, Place::new());
    let mut client = place.logged_in(&baton.origin()).await;
    let before = place.text();
    client.log_out().await.expect("a logout");
    assert!(!place.text().contains("__Host-Http-refresh"));
    assert!(matches!(client.get(ME).await, Err(ClientError::NotLoggedIn)));
    assert!(matches!(client.log_out().await, Err(ClientError::NotLoggedIn)));
    std::fs::write(place.path(), before).expect("the file");
    assert!(matches!(client.get(ME).await, Err(ClientError::SignedOut)));
}

#[test]
fn a_password_goes_to_an_origin_over_tls_or_on_this_machine() {
    for origin in ["https://login.example.com", "http://localhost:3000", "http://[::1]:3000/"] {
        assert!(Origin::parse(origin).is_ok(), "{origin}");
    }
    for none in [
        "http://login.example.com",
        "login.example.com",
        "https://user@login.example.com",
        "https://login.example.com/path",
        "ftp://localhost",
        "",
    ] {
        assert!(Origin::parse(none).is_err(), "{none}");
    }
}
