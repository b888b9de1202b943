//! Changes of accounts are atomic; failure counts for throttling.

use backend::auth::account::email::Email;
use backend::store::{
    AccountTag, Change, ClientInfo, EventQuery, FailuresBefore, IdRange, PasswordChange, Prunable,
    PruneBefore, Revocation, Session, Store, User,
};
use rotation::Generation;
use shared::{Device, EventKind, RevocationReason, SessionId, UserId};

use super::events::event;
use super::{
    ALL, NOW, accept, accepted, commit, end, family, on_every_engine, open, register, registered,
    rehash, session, user,
};

fn revocation(reason: RevocationReason) -> Revocation {
    Revocation { reason, at: NOW.plus(9) }
}

async fn stored(store: &dyn Store, email: &Email) -> User {
    store.find_user(email).await.expect("a store").expect("the user")
}

async fn row(store: &dyn Store, id: SessionId) -> Session {
    store.find_session(id).await.expect("a store").expect("the session").0
}

/// A password change by session 1 of user 1 at generation 0.
async fn change(store: &dyn Store) -> PasswordChange {
    let session = SessionId::from_bytes([1; 16]);
    PasswordChange {
        user: user(1).id,
        seen: user(1).password_hash,
        hash: "new".to_owned(),
        session,
        accepted: accepted(&family(store, session).await, 1, Some("change")),
        revocation: revocation(RevocationReason::PasswordChange),
    }
}

#[tokio::test]
async fn a_user_is_added_without_a_session_unless_the_address_is_taken() {
    on_every_engine(async |store| {
        let add = |user: User| commit(store, Change::AddUser(Box::new(user)));
        assert!(add(user(1)).await.took_place());
        assert!(!add(User { email: user(1).email, ..user(2) }).await.took_place());
        assert_eq!(stored(store, &user(1).email).await.id, user(1).id);
        assert!(store.sessions_of(user(1).id).await.expect("a store").is_empty());
        assert!(open(store, &user(1), &session(1, &user(1))).await);
    })
    .await;
}

/// A conditional write: only from the spelling that was read, and only to a free one.
#[tokio::test]
async fn an_address_is_respelt_unless_the_other_spelling_is_taken() {
    on_every_engine(async |store| {
        let spelt = |typed: &str| Email::as_typed(typed).expect("another spelling");
        let (u, e) = (spelt("x@b\u{fc}cher.example"), spelt("zoe\u{308}@example.com"));
        let add = |user: User| commit(store, Change::AddUser(Box::new(user)));
        add(User { email: u.clone(), ..user(1) }).await;
        add(User { email: e.clone(), ..user(2) }).await;
        add(User { email: e.to_canonical(), ..user(3) }).await;
        add(user(4)).await;
        let ids = async |after| {
            let users = store.users_beyond_ascii(after).await.expect("a store");
            users.into_iter().map(|user| user.id).collect::<Vec<_>>()
        };
        assert_eq!(ids(None).await, [1, 2, 3].map(|number| user(number).id));
        assert_eq!(ids(Some(user(1).id)).await, [2, 3].map(|number| user(number).id));
        let respell = async |number, seen: &Email, email: Email| {
            let (user, seen) = (user(number).id, seen.clone());
            commit(store, Change::Respell { user, seen, email }).await.took_place()
        };
        assert!(!respell(2, &e, e.to_canonical()).await, "taken");
        assert!(!respell(1, &e, u.to_canonical()).await, "not what stands there");
        assert!(respell(1, &u, u.to_canonical()).await);
        assert!(!respell(1, &u, u.to_canonical()).await, "once");
        assert_eq!(ids(None).await, [2, 3].map(|number| user(number).id));
        assert_eq!(stored(store, &u.to_canonical()).await.id, user(1).id);
        assert_eq!(stored(store, &e).await.id, user(2).id);
    })
    .await;
}

#[tokio::test]
async fn a_password_change_sets_the_hash_rotates_the_session_and_revokes_the_others() {
    on_every_engine(async |store| {
        let (one, _) = registered(store, 1).await;
        registered(store, 2).await;
        assert!(open(store, &one, &session(3, &one)).await);
        let change = change(store).await;
        let outcome = commit(store, Change::ChangePassword(Box::new(change.clone()))).await;
        assert!(outcome.took_place());
        assert_eq!(outcome.revoked, [SessionId::from_bytes([3; 16])]);
        assert_eq!(stored(store, &one.email).await.password_hash, "new");
        let this = row(store, change.session).await;
        assert_eq!((this.family, this.authenticated_at), (change.accepted.family, NOW.plus(9)));
        let other = row(store, SessionId::from_bytes([3; 16])).await;
        assert_eq!(other.revocation_reason(), Some(RevocationReason::PasswordChange));
        assert!(family(store, SessionId::from_bytes([2; 16])).await.is_live());
    })
    .await;
}

/// Each guard by itself: if one fails, no part of the change is written.
#[tokio::test]
async fn a_password_change_takes_place_whole_or_not_at_all() {
    let in_the_way = ["hash", "disabled", "generation", "ended", "another's session"];
    for what in in_the_way {
        on_every_engine(async |store| {
            let (one, this) = registered(store, 1).await;
            let other = session(3, &one);
            assert!(open(store, &one, &other).await);
            let mut change = change(store).await;
            match what {
                "hash" => assert!(rehash(store, one.id, &one.password_hash, "theirs").await),
                "disabled" => {
                    let disable = Change::Disable(one.id, revocation(RevocationReason::Disabled));
                    assert!(commit(store, disable).await.took_place());
                }
                "generation" => {
                    let first = accepted(&family(store, this.id).await, 1, None);
                    assert!(accept(store, this.id, &first).await);
                }
                "ended" => assert!(end(store, this.id, RevocationReason::Logout, NOW).await),
                _ => change.session = SessionId::from_bytes([9; 16]),
            }
            let hash = stored(store, &one.email).await.password_hash;
            let (this, that) = (row(store, this.id).await, row(store, other.id).await);
            let recorded = event(1, &one, EventKind::PasswordChanged);
            let change = Change::ChangePassword(Box::new(change));
            let outcome = store.commit(change, vec![recorded]).await.expect("a store");
            assert_eq!((outcome.rows, outcome.revoked.len()), (0, 0), "{what}");
            assert_eq!(stored(store, &one.email).await.password_hash, hash, "{what}");
            for before in [this, that] {
                let after = row(store, before.id).await;
                assert_eq!(after.family, before.family, "{what}");
                assert_eq!(after.authenticated_at, before.authenticated_at, "{what}");
            }
            assert_eq!(super::events::kinds(store, one.id).await, [], "{what}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_name_is_set_and_removed_while_the_user_is_enabled() {
    on_every_engine(async |store| {
        let (one, _) = registered(store, 1).await;
        let rename = |name: Option<&str>| {
            commit(store, Change::Rename { user: one.id, name: name.map(str::to_owned) })
        };
        assert!(rename(Some("Alice 王")).await.took_place());
        assert_eq!(stored(store, &one.email).await.name.as_deref(), Some("Alice 王"));
        assert!(rename(None).await.took_place());
        assert_eq!(stored(store, &one.email).await.name, None);
        commit(store, Change::Disable(one.id, revocation(RevocationReason::Disabled))).await;
        assert!(!rename(Some("Mallory")).await.took_place());
        assert_eq!(stored(store, &one.email).await.name, None);
    })
    .await;
}

#[tokio::test]
async fn a_disabled_user_loses_every_session_and_can_be_enabled_again() {
    on_every_engine(async |store| {
        let (one, _) = registered(store, 1).await;
        registered(store, 2).await;
        assert!(open(store, &one, &session(3, &one)).await);
        let disable =
            || commit(store, Change::Disable(one.id, revocation(RevocationReason::Disabled)));
        let enable = || commit(store, Change::Enable(one.id));
        assert!(!enable().await.took_place());
        assert_eq!(disable().await.revoked.len(), 2);
        assert!(!disable().await.took_place());
        assert_eq!(stored(store, &one.email).await.disabled_at, Some(NOW.plus(9)));
        let first = row(store, SessionId::from_bytes([1; 16])).await;
        assert_eq!(first.revocation_reason(), Some(RevocationReason::Disabled));
        assert!(family(store, SessionId::from_bytes([2; 16])).await.is_live());
        assert!(enable().await.took_place());
        assert_eq!(stored(store, &one.email).await.disabled_at, None);
        assert!(!first.is_live(), "what is revoked stays so");
        assert!(open(store, &one, &session(4, &one)).await);
    })
    .await;
}

#[tokio::test]
async fn an_erased_account_leaves_its_address_free_and_no_trace() {
    on_every_engine(async |store| {
        let (one, _) = registered(store, 1).await;
        let device = Device { browser: "Firefox".to_owned(), ..Device::unknown() };
        let client = ClientInfo { address: Some("203.0.113.9".parse().expect("it")), device };
        let confirm = Change::Confirm { session: SessionId::from_bytes([1; 16]), at: NOW, client };
        let recorded = event(1, &one, EventKind::Confirmed);
        assert!(store.commit(confirm, vec![recorded]).await.expect("a store").took_place());
        let erase = || commit(store, Change::Erase(one.id, revocation(RevocationReason::Deleted)));
        assert_eq!(erase().await.revoked, [SessionId::from_bytes([1; 16])]);
        assert!(!erase().await.took_place());
        assert!(store.find_user(&one.email).await.expect("a store").is_none());
        let ended = row(store, SessionId::from_bytes([1; 16])).await;
        assert_eq!(
            (ended.revocation_reason(), &ended.client),
            (Some(RevocationReason::Deleted), &ClientInfo::unknown())
        );
        assert_eq!(super::events::kinds(store, one.id).await, []);
        assert!(store.users(None).await.expect("a store").is_empty());
        assert!(!commit(store, Change::Enable(one.id)).await.took_place());

        let next = User { email: one.email.clone(), ..user(2) };
        assert!(register(store, &next, &session(2, &next)).await, "the address is free");
        // The row is pruned when no session needs it, and no other account's row is.
        let prune_erased = async |before| commit(store, Change::PruneErased(before)).await.rows;
        assert_eq!(prune_erased(NOW.plus(10)).await, 0, "it has a session");
        let over = PruneBefore { created_at: NOW, accepted_at: NOW, revoked_at: NOW.plus(10) };
        assert_eq!(commit(store, Change::Prune(Prunable::Sessions(over), ALL)).await.rows, 1);
        assert_eq!(prune_erased(NOW.plus(9)).await, 0, "it was erased later");
        assert_eq!(prune_erased(NOW.plus(10)).await, 1);
        assert_eq!(prune_erased(NOW.plus(10)).await, 0);
        assert_eq!(stored(store, &one.email).await.id, next.id);
    })
    .await;
}

#[tokio::test]
async fn users_are_listed_by_id_from_after_one_on() {
    on_every_engine(async |store| {
        for number in [3, 1, 2] {
            registered(store, number).await;
        }
        let listed = async |after: Option<UserId>| {
            let users = store.users(after).await.expect("a store");
            users.iter().map(|user| user.id.as_bytes()[0]).collect::<Vec<_>>()
        };
        assert_eq!(listed(None).await, [1, 2, 3]);
        assert_eq!(listed(Some(user(1).id)).await, [2, 3]);
        assert!(listed(Some(user(3).id)).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn failures_are_counted_by_account_reset_and_pruned() {
    on_every_engine(async |store| {
        let [one, two] = [1, 2].map(|number| AccountTag::of(&user(number).email));
        assert_ne!(one, two);
        let count = async |account, at| {
            let known = store.failures(account).await.expect("a store");
            let seen = known.map_or(0, |known| known.count);
            let change = Change::CountFailure { account, seen, at: NOW.plus(at) };
            assert!(commit(store, change.clone()).await.took_place());
            // A conditional write: after a concurrent failure the count must be read again.
            assert!(!commit(store, change).await.took_place());
        };
        let failures = async |tag| {
            let found = store.failures(tag).await.expect("a store");
            found.map(|found| (found.count, found.last_at.since(NOW)))
        };
        for at in 1..=10 {
            count(one, at).await;
        }
        count(two, 3).await;
        assert_eq!((failures(one).await, failures(two).await), (Some((10, 10)), Some((1, 3))));
        // Small counts are pruned early, large ones kept for longer.
        let mistyped = FailuresBefore { all: NOW, mistyped: NOW.plus(20), mistyped_below: 10 };
        let prune =
            async |before| commit(store, Change::Prune(Prunable::Failures(before), ALL)).await.rows;
        assert_eq!(prune(mistyped).await, 1);
        assert_eq!((failures(one).await, failures(two).await), (Some((10, 10)), None));
        assert!(commit(store, Change::ForgetFailures(one)).await.took_place());
        assert!(!commit(store, Change::ForgetFailures(one)).await.took_place());
        assert_eq!(failures(one).await, None);
        count(one, 11).await;
        assert_eq!(failures(one).await, Some((1, 11)));
        let all = FailuresBefore { all: NOW.plus(12), mistyped: NOW, mistyped_below: 10 };
        assert_eq!(prune(all).await, 1);
        assert_eq!(failures(one).await, None);
    })
    .await;
}

/// A part ends at the first half of a hash, whose row is in the next part; each row is in exactly one part.
#[tokio::test]
async fn counts_are_pruned_in_parts_of_their_hashes() {
    on_every_engine(async |store| {
        let tag = |number: u8| AccountTag([number; 32]);
        for number in 1..=5 {
            let count = Change::CountFailure { account: tag(number), seen: 0, at: NOW };
            assert!(commit(store, count).await.took_place());
        }
        let before = FailuresBefore { all: NOW.plus(1), mistyped: NOW, mistyped_below: 10 };
        let failures = Prunable::Failures(before);
        let part_end = async |after: u8, rows| {
            store.part_end(failures, [after; 16], rows).await.expect("a store")
        };
        assert_eq!(part_end(0, 2).await, Some([2; 16]));
        assert_eq!(part_end(2, 2).await, Some([3; 16]));
        assert_eq!(part_end(3, 4).await, None);
        let prune = async |after: u8, through: u8| {
            let range = IdRange { after: [after; 16], through: [through; 16] };
            commit(store, Change::Prune(failures, range)).await.rows
        };
        assert_eq!([prune(0, 2).await, prune(2, 4).await, prune(4, 0xff).await], [1, 2, 2]);
    })
    .await;
}

/// The new owner of an address inherits no failures; if the address is taken, the count stays.
#[tokio::test]
async fn a_new_account_begins_without_failures() {
    on_every_engine(async |store| {
        let count = async |user: &User| {
            let tag = AccountTag::of(&user.email);
            store.failures(tag).await.expect("a store").map(|failures| failures.count)
        };
        for number in [1, 2, 3] {
            let account = AccountTag::of(&user(number).email);
            commit(store, Change::CountFailure { account, seen: 0, at: NOW }).await;
        }
        registered(store, 1).await;
        assert!(commit(store, Change::AddUser(Box::new(user(2)))).await.took_place());
        assert_eq!([count(&user(1)).await, count(&user(2)).await], [None, None]);
        assert_eq!(count(&user(3)).await, Some(1));

        let account = AccountTag::of(&user(1).email);
        commit(store, Change::CountFailure { account, seen: 0, at: NOW }).await;
        let second = User { email: user(1).email, ..user(4) };
        assert!(!register(store, &second, &session(4, &second)).await);
        assert!(!commit(store, Change::AddUser(Box::new(second))).await.took_place());
        assert_eq!(count(&user(1)).await, Some(1));
    })
    .await;
}

#[tokio::test]
async fn a_generation_that_was_accepted_in_between_is_not_skipped_by_a_password_change() {
    on_every_engine(async |store| {
        registered(store, 1).await;
        let change = change(store).await;
        assert!(commit(store, Change::ChangePassword(Box::new(change.clone()))).await.took_place());
        let late = accepted(&rotation::Family::begun(NOW), 1, Some("late"));
        assert!(!accept(store, change.session, &late).await);
        assert_eq!(family(store, change.session).await.generation, Generation(1));
    })
    .await;
}

/// A query for all events of a user, from the first page on.
pub(super) fn all(user: UserId) -> EventQuery {
    EventQuery { user, before: None, kinds: Vec::new(), limit: 1_000 }
}
