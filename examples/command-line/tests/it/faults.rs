//! Answers that are lost, late or not Baton's: the session and its attempt key stay, until an answer settles both.

use backend::clock::Clock;
use command_line::ClientError;

use crate::support::{Baton, Mode, Place, Relay};

const ME: &str = "/api/me";
const REFRESH: &str = "/api/auth/refresh";
const BUSY: &str =
    "HTTP/1.1 503 Service Unavailable\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n";
const LIMITED: &str = concat!(
    "HTTP/1.1 429 Too Many Requests\r\nretry-after: 7\r\ncontent-length: 50\r\n\r\n",
    r#"{"code":"rate_limited","title":"Try again later."}"#,
);
/// A proxy's page under a status of success.
const PAGE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

/// The key that a request carries.
fn key(head: &str) -> &str {
    let line = head.lines().find_map(|line| line.strip_prefix("idempotency-key: "));
    line.expect("an idempotency key")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transient_answer_keeps_the_session_and_the_next_try_has_the_same_key() {
    let (baton, place) = (Baton::start(Clock::system()).await, Place::new());
    let relay = Relay::to(baton.address).await;
    place.logged_in(&relay.origin()).await;
    for (mode, seconds) in [
        (Mode::Answer(BUSY), Some(7)),
        (Mode::Answer(LIMITED), Some(7)),
        (Mode::Answer(PAGE), None),
        (Mode::Break, None),
    ] {
        relay.set(mode);
        match place.client().get(ME).await {
            Err(ClientError::Transient { retry_after_seconds, .. }) => {
                assert_eq!(retry_after_seconds, seconds);
            }
            other => panic!("{other:?}"),
        }
    }
    relay.set(Mode::Pass);
    place.client().get(ME).await.expect("the user");
    let refreshes = relay.requests(REFRESH);
    assert_eq!(refreshes.len(), 5);
    assert!(refreshes.iter().all(|head| key(head) == key(&refreshes[0])));
    // The answer has settled that attempt: the next is another.
    place.client().get(ME).await.expect("the user");
    let refreshes = relay.requests(REFRESH);
    assert_ne!(key(&refreshes[5]), key(&refreshes[0]));
}

/// The program is killed after Baton has rotated the token, and before the answer arrives.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_recovered_with_the_stored_key() {
    let (baton, place) = (Baton::start(Clock::system()).await, Place::new());
    let relay = Relay::to(baton.address).await;
    place.logged_in(&relay.origin()).await;
    let before = place.text();
    relay.set(Mode::LoseAnswer);
    let mut killed = place.start(&["me"]);
    relay.has_lost_an_answer().await;
    killed.kill().expect("it runs");
    killed.wait().expect("an end");
    let after = place.text();
    assert!(before.contains(r#""attempt_key": null"#) && !after.contains(r#""attempt_key": null"#));

    relay.set(Mode::Pass);
    place.client().get(ME).await.expect("the user");
    let refreshes = relay.requests(REFRESH);
    assert_eq!(refreshes.len(), 2);
    assert_eq!(key(&refreshes[0]), key(&refreshes[1]));
    assert!(place.text().contains(r#""attempt_key": null"#));
    // The recovered token is the current one.
    place.client().get(ME).await.expect("the user");
}

/// The file as it was before the last two refreshes, with its key.
#[tokio::test(flavor = "multi_thread")]
async fn a_late_copy_of_an_answered_attempt_changes_no_session() {
    let (baton, place) = (Baton::start(Clock::system()).await, Place::new());
    let relay = Relay::to(baton.address).await;
    place.logged_in(&relay.origin()).await;
    relay.set(Mode::Break);
    assert!(place.client().get(ME).await.is_err());
    let old = place.text();
    relay.set(Mode::Pass);
    for _ in 0..2 {
        place.client().get(ME).await.expect("the user");
    }
    let current = place.text();
    std::fs::write(place.path(), old).expect("the file");
    assert!(matches!(place.client().get(ME).await, Err(ClientError::OldCopy)));
    std::fs::write(place.path(), current).expect("the file");
    place.client().get(ME).await.expect("the user");
}
