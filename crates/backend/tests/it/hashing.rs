//! Password hashing needs a permit: Argon2id takes 19 MiB and a core, so concurrency is bounded.

use std::task::Poll;

use backend::auth::AuthError;
use backend::auth::login::password_hasher::{PasswordHasher, Priority, Verification};
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
    let hasher = PasswordHasher::new(0, Entropy::seeded(1));
    assert!(matches!(hasher.hash(&password(), Priority::Normal).await, Err(AuthError::Busy)));
    for priority in [Priority::Normal, Priority::KnownAccount(ALICE)] {
        assert!(matches!(hasher.permit(priority).await, Err(AuthError::Busy)));
    }
}

#[tokio::test]
async fn a_permit_comes_back() {
    let hasher = PasswordHasher::new(1, Entropy::seeded(1));
    let hash = hasher.hash(&password(), Priority::Normal).await.expect("a permit");
    for _ in 0..3 {
        let permit = hasher.permit(Priority::Normal).await.expect("a permit");
        let verdict = hasher.verify(permit, &password(), Some(&hash)).await.expect("a hash");
        assert_eq!(verdict, Verification::Right);
    }
}

/// Any number of strangers leaves the permits of known accounts free.
#[tokio::test(start_paused = true)]
async fn known_accounts_wait_in_a_permit_queue_of_their_own() {
    let hasher = PasswordHasher::new(1, Entropy::seeded(1));
    let stranger = hasher.permit(Priority::Normal).await.expect("a permit");
    assert!(matches!(hasher.permit(Priority::Normal).await, Err(AuthError::Busy)));
    let known = hasher.permit(Priority::KnownAccount(ALICE)).await.expect("a permit");
    assert!(matches!(hasher.permit(Priority::KnownAccount(ALICE)).await, Err(AuthError::Busy)));
    drop((stranger, known));
    hasher.permit(Priority::Normal).await.expect("a permit");
}

/// An account has one place in the queue of known accounts, however many sessions and devices it has.
#[tokio::test]
async fn one_account_with_a_thousand_calls_does_not_delay_another() {
    let hasher = PasswordHasher::new(1, Entropy::seeded(1));
    let first = hasher.permit(Priority::KnownAccount(ALICE)).await.expect("a permit");
    let turn_of = |account| Box::pin(hasher.permit(Priority::KnownAccount(account)));
    let mut alices: Vec<_> = (0..1_000).map(|_| turn_of(ALICE)).collect();
    for permit in &mut alices {
        assert!(poll!(permit).is_pending());
    }
    let mut bobs = turn_of(BOB);
    assert!(poll!(&mut bobs).is_pending());
    drop(first);
    assert!(matches!(poll!(&mut bobs), Poll::Ready(Ok(_))), "before the second of Alice's");
}

#[tokio::test]
async fn two_hashes_of_one_password_differ_and_name_their_parameters() {
    let hasher = PasswordHasher::new(1, Entropy::system());
    let (first, second) = (
        hasher.hash(&password(), Priority::Normal).await,
        hasher.hash(&password(), Priority::Normal).await,
    );
    let (first, second) = (first.expect("a permit"), second.expect("a permit"));
    assert_ne!(first, second);
    assert!(first.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{first}");
}

#[tokio::test]
async fn there_is_no_password_that_an_unknown_user_has() {
    let hasher = PasswordHasher::new(1, Entropy::seeded(1));
    for guess in ["", PASSWORD, "$argon2id$"] {
        let permit = hasher.permit(Priority::Normal).await.expect("a permit");
        let verdict = hasher.verify(permit, &Secret::new(guess.to_owned()), None).await;
        assert_eq!(verdict.expect("a hash"), Verification::Wrong);
    }
}
