//! Password hashing is bounded: each takes 19 MiB and a core.

use std::task::Poll;

use backend::auth::AuthError;
use backend::auth::password::{Lane, Passwords, Verdict};
use backend::entropy::Entropy;
use backend::store::AccountTag;
use futures_util::poll;
use shared::Secret;

use crate::support::PASSWORD;

const ALICE: AccountTag = AccountTag([1; 32]);
const BOB: AccountTag = AccountTag([2; 32]);

fn password() -> Secret {
    Secret::new(PASSWORD.to_owned())
}

#[tokio::test(start_paused = true)]
async fn nothing_is_hashed_without_a_permit() {
    let passwords = Passwords::new(0, Entropy::seeded(1));
    assert!(matches!(passwords.hash(&password(), Lane::Everyone).await, Err(AuthError::Busy)));
    for lane in [Lane::Everyone, Lane::Known(ALICE)] {
        assert!(matches!(passwords.turn(lane).await, Err(AuthError::Busy)));
    }
}

#[tokio::test]
async fn a_permit_comes_back() {
    let passwords = Passwords::new(1, Entropy::seeded(1));
    let hash = passwords.hash(&password(), Lane::Everyone).await.expect("a permit");
    for _ in 0..3 {
        let turn = passwords.turn(Lane::Everyone).await.expect("a permit");
        let verdict = passwords.verify(turn, &password(), Some(&hash)).await.expect("a hash");
        assert_eq!(verdict, Verdict::Right);
    }
}

/// Strangers, however many there are, do not stand in the way of those who are known.
#[tokio::test(start_paused = true)]
async fn whoever_is_known_waits_in_a_lane_of_their_own() {
    let passwords = Passwords::new(1, Entropy::seeded(1));
    let stranger = passwords.turn(Lane::Everyone).await.expect("a permit");
    assert!(matches!(passwords.turn(Lane::Everyone).await, Err(AuthError::Busy)));
    let known = passwords.turn(Lane::Known(ALICE)).await.expect("a permit");
    assert!(matches!(passwords.turn(Lane::Known(ALICE)).await, Err(AuthError::Busy)));
    drop((stranger, known));
    passwords.turn(Lane::Everyone).await.expect("a permit");
}

/// However many sessions and devices an account has, it has one place in the queue of those who are known.
#[tokio::test]
async fn one_account_with_a_thousand_calls_does_not_delay_another() {
    let passwords = Passwords::new(1, Entropy::seeded(1));
    let first = passwords.turn(Lane::Known(ALICE)).await.expect("a permit");
    let turn_of = |account| Box::pin(passwords.turn(Lane::Known(account)));
    let mut alices: Vec<_> = (0..1_000).map(|_| turn_of(ALICE)).collect();
    for turn in &mut alices {
        assert!(poll!(turn).is_pending());
    }
    let mut bobs = turn_of(BOB);
    assert!(poll!(&mut bobs).is_pending());
    drop(first);
    assert!(matches!(poll!(&mut bobs), Poll::Ready(Ok(_))), "before the second of Alice's");
}

#[tokio::test]
async fn two_hashes_of_one_password_differ_and_name_their_parameters() {
    let passwords = Passwords::new(1, Entropy::system());
    let (first, second) = (
        passwords.hash(&password(), Lane::Everyone).await,
        passwords.hash(&password(), Lane::Everyone).await,
    );
    let (first, second) = (first.expect("a permit"), second.expect("a permit"));
    assert_ne!(first, second);
    assert!(first.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{first}");
}

#[tokio::test]
async fn there_is_no_password_that_an_unknown_user_has() {
    let passwords = Passwords::new(1, Entropy::seeded(1));
    for guess in ["", PASSWORD, "$argon2id$"] {
        let turn = passwords.turn(Lane::Everyone).await.expect("a permit");
        let verdict = passwords.verify(turn, &Secret::new(guess.to_owned()), None).await;
        assert_eq!(verdict.expect("a hash"), Verdict::Wrong);
    }
}
