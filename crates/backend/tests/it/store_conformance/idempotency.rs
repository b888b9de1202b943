//! An idempotency key and its change are stored in one transaction.

use backend::store::{Change, IdRange, Prunable, Revocation, Store, USED_KEYS_KEPT, UsedKey, User};
use shared::{NumericDate, RevocationReason};

use super::{ALL, NOW, commit, on_every_engine, open, register, session, user};

const DAY: i64 = UsedKey::RETENTION_SECONDS;

fn used(number: u8, by: &User, at: NumericDate) -> UsedKey {
    UsedKey {
        key_hash: [number; 32],
        request_hash: [number.wrapping_add(1); 32],
        user: by.id,
        session: None,
        at,
        makes_room: false,
    }
}

async fn rename(store: &dyn Store, key: UsedKey, name: &str) -> bool {
    let rename = Change::Rename { user: key.user, name: Some(name.to_owned()) };
    commit(store, Change::Keyed(Box::new(key), Box::new(rename))).await.took_place()
}

async fn name(store: &dyn Store, user: &User) -> Option<String> {
    store.find_user(&user.email).await.expect("a store").expect("a user").name
}

#[tokio::test]
async fn a_key_is_used_once_with_its_change() {
    on_every_engine(async |store| {
        let alice = user(1);
        register(store, &alice, &session(1, &alice)).await;
        let key = UsedKey { session: Some(session(1, &alice).id), ..used(7, &alice, NOW) };
        assert_eq!(store.used_key(&key.key_hash).await.expect("a store"), None);
        assert!(rename(store, key, "Alice").await);
        assert_eq!(store.used_key(&key.key_hash).await.expect("a store"), Some(key));
        // For any other request as well.
        let other = UsedKey { request_hash: [99; 32], ..key };
        assert!(!rename(store, key, "Lewis").await && !rename(store, other, "Lewis").await);
        assert_eq!(name(store, &alice).await.as_deref(), Some("Alice"));
        assert_eq!(store.used_key(&key.key_hash).await.expect("a store"), Some(key));
        assert!(rename(store, used(8, &alice, NOW), "Lewis").await);
    })
    .await;
}

#[tokio::test]
async fn a_change_that_does_not_take_place_uses_no_key() {
    on_every_engine(async |store| {
        let (alice, bob) = (user(1), user(2));
        register(store, &alice, &session(1, &alice)).await;
        let key = used(7, &bob, NOW);
        assert!(!rename(store, key, "Bob").await, "there is no such user");
        assert_eq!(store.used_key(&key.key_hash).await.expect("a store"), None);
        let revocation = Revocation { reason: RevocationReason::Logout, at: NOW };
        let end = || Change::RevokeSession(session(1, &alice).id, revocation);
        let keyed = |key| Change::Keyed(Box::new(key), Box::new(end()));
        let outcome = commit(store, keyed(used(8, &alice, NOW))).await;
        assert_eq!(outcome.revoked, [session(1, &alice).id]);
        let again = commit(store, keyed(used(9, &alice, NOW))).await;
        assert!(!again.took_place() && again.revoked.is_empty(), "it was revoked before");
        assert_eq!(store.used_key(&[9; 32]).await.expect("a store"), None);
    })
    .await;
}

#[tokio::test]
async fn sign_ins_with_one_key_begin_one_session() {
    on_every_engine(async |store| {
        let (alice, twin) = (user(1), User { id: user(2).id, ..user(1) });
        let keyed = |user: &User, number| {
            let session = session(number, user);
            let key = UsedKey { session: Some(session.id), ..used(7, user, NOW) };
            let register = Change::Register(Box::new(user.clone()), Box::new(session), Vec::new());
            Change::Keyed(Box::new(key), Box::new(register))
        };
        assert!(commit(store, keyed(&alice, 1)).await.took_place());
        assert!(!commit(store, keyed(&twin, 2)).await.took_place());
        let open_with = |number, key| {
            let session = Box::new(session(number, &alice));
            let seen = alice.password_hash.clone();
            let open = Change::OpenSession { session, seen, superseded: Vec::new() };
            Change::Keyed(Box::new(used(key, &alice, NOW)), Box::new(open))
        };
        assert!(commit(store, open_with(3, 8)).await.took_place());
        assert!(!commit(store, open_with(4, 8)).await.took_place());
        assert_eq!(store.sessions_of(alice.id).await.expect("a store").len(), 2);
        assert!(open(store, &alice, &session(5, &alice)).await, "without a key as before");
    })
    .await;
}

#[tokio::test]
async fn a_key_may_be_used_again_after_a_day() {
    on_every_engine(async |store| {
        let alice = user(1);
        register(store, &alice, &session(1, &alice)).await;
        assert!(rename(store, used(7, &alice, NOW), "one").await);
        assert!(!rename(store, used(7, &alice, NOW.plus(DAY)), "two").await);
        assert!(rename(store, used(7, &alice, NOW.plus(DAY + 1)), "three").await);
        assert!(!rename(store, used(7, &alice, NOW.plus(DAY + 2)), "four").await);
        assert_eq!(name(store, &alice).await.as_deref(), Some("three"));
    })
    .await;
}

#[tokio::test]
async fn old_keys_are_pruned_part_by_part() {
    on_every_engine(async |store| {
        let alice = user(1);
        register(store, &alice, &session(1, &alice)).await;
        for number in 1..=5 {
            let at = NOW.plus(i64::from(number % 2) * 10);
            assert!(rename(store, used(number, &alice, at), "a name").await);
        }
        let before = Prunable::UsedKeys(NOW.plus(5));
        let part = store.part_end(before, [1; 16], 2).await.expect("a store");
        assert_eq!(part, Some([2; 16]), "what begins so lies behind the first 16 bytes");
        let half = IdRange { after: [0; 16], through: [3; 16] };
        assert_eq!(commit(store, Change::Prune(before, half)).await.rows, 1);
        assert_eq!(commit(store, Change::Prune(before, ALL)).await.rows, 1);
        let mut left = Vec::new();
        for number in 1..=5 {
            left.extend(store.used_key(&[number; 32]).await.expect("a store").map(|_| number));
        }
        assert_eq!(left, [1, 3, 5]);
    })
    .await;
}

#[tokio::test]
async fn an_account_keeps_its_newest_keys() {
    on_every_engine(async |store| {
        let alice = user(1);
        register(store, &alice, &session(1, &alice)).await;
        let hash = |number: u32| {
            let mut hash = [0; 32];
            hash[..4].copy_from_slice(&number.to_be_bytes());
            hash
        };
        let key = |number: u32, makes_room| {
            let at = NOW.plus(i64::from(number));
            UsedKey { key_hash: hash(number), makes_room, ..used(0, &alice, at) }
        };
        let kept = USED_KEYS_KEPT;
        for number in 0..kept + 20 {
            assert!(rename(store, key(number, false), "a name").await);
        }
        assert!(rename(store, key(kept + 20, true), "a name").await);
        let is_there =
            async |number| store.used_key(&hash(number)).await.expect("a store").is_some();
        assert!(!is_there(20).await && is_there(21).await && is_there(kept + 20).await);
    })
    .await;
}

/// A change without effect may be answered as done: a late retry must have no effect, either.
#[tokio::test]
async fn a_key_is_used_without_a_change() {
    on_every_engine(async |store| {
        let alice = user(1);
        register(store, &alice, &session(1, &alice)).await;
        let key = used(7, &alice, NOW);
        commit(store, Change::Keyed(Box::new(key), Box::new(Change::Record))).await;
        assert_eq!(store.used_key(&key.key_hash).await.expect("a store"), Some(key));
        assert!(!rename(store, key, "Alice").await);
    })
    .await;
}

/// Erasure keeps only the account's last idempotency key, for a retry of the erasure.
#[tokio::test]
async fn an_erased_account_leaves_one_key() {
    on_every_engine(async |store| {
        let (alice, bob) = (user(1), user(2));
        for user in [&alice, &bob] {
            register(store, user, &session(user.id.as_bytes()[0], user)).await;
        }
        assert!(rename(store, used(7, &alice, NOW), "Alice").await);
        assert!(rename(store, used(8, &bob, NOW), "Bob").await);
        let revocation = Revocation { reason: RevocationReason::Deleted, at: NOW };
        let erase = Change::Erase(alice.id, revocation);
        let keyed = Change::Keyed(Box::new(used(9, &alice, NOW)), Box::new(erase));
        assert!(commit(store, keyed).await.took_place());
        let is_there =
            async |number| store.used_key(&[number; 32]).await.expect("a store").is_some();
        assert!(!is_there(7).await && is_there(8).await && is_there(9).await);
        assert!(commit(store, Change::Erase(bob.id, revocation)).await.took_place());
        assert!(!is_there(8).await);
    })
    .await;
}
