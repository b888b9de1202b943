//! The versions of rows: a rotation that was decided on a remembered row takes place only if nothing has changed.

use std::sync::Arc;

use backend::auth::account::email::Email;
use backend::store::memory::Memory;
use backend::store::{
    Change, ClientInfo, PasswordChange, Remembering, Revocation, Session, SessionScope, Store, User,
};
use rotation::Family;
use shared::{Device, RevocationReason};

use super::{NOW, accept, accepted, commit, family, registered, session, user};
use crate::support::stores;

/// The engines that remember rows.
async fn on_every_remembering_engine(scenario: impl AsyncFn(&dyn Store)) {
    let memory: Arc<dyn Store> = Arc::new(Remembering::over(Memory::default()));
    scenario(&*memory).await;
    for (store, place) in stores().await {
        if place.engine() == "postgres" {
            scenario(&*store).await;
        }
    }
}

/// Each kind of change that a rotation decided before it must not survive.
fn changes(user: &User, session: &Session) -> Vec<Change> {
    let (id, revocation) =
        (session.id, Revocation { reason: RevocationReason::User, at: NOW.plus(1) });
    let next = accepted(&session.family, 1, Some("elsewhere"));
    let client = ClientInfo {
        device: Device { os: "another".to_owned(), ..Device::unknown() },
        ..ClientInfo::unknown()
    };
    let seen = user.password_hash.clone();
    vec![
        Change::Accept(id, Box::new(next.clone())),
        Change::RevokeSession(id, revocation),
        Change::RevokeSessions(SessionScope::User(user.id), revocation),
        Change::RequireStepUp(id, NOW.plus(1)),
        Change::Confirm { session: id, at: NOW.plus(1), client: ClientInfo::unknown() },
        Change::Confirm { session: id, at: NOW, client },
        Change::Rehash { user: user.id, seen: seen.clone(), hash: "new".to_owned() },
        Change::ChangePassword(Box::new(PasswordChange {
            user: user.id,
            seen,
            hash: "new".to_owned(),
            session: id,
            accepted: next,
            revocation,
        })),
        Change::Respell {
            user: user.id,
            seen: user.email.clone(),
            email: Email::parse(&format!("another.{}", user.email.as_str())).expect("an address"),
        },
        Change::Rename { user: user.id, name: Some("Another".to_owned()) },
        Change::Disable(user.id, revocation),
        Change::Erase(user.id, revocation),
    ]
}

#[tokio::test]
async fn a_remembered_row_accepts_no_rotation_once_it_or_its_user_has_changed() {
    on_every_remembering_engine(async |store| {
        let kinds = changes(&user(0), &session(0, &user(0))).len();
        for (number, index) in (1_u8..).zip(0..kinds) {
            let (user, session) = registered(store, number).await;
            store.find_session(session.id).await.expect("a store");
            let row = store.remembered(session.id).expect("it was read");
            let change = changes(&user, &session).swap_remove(index);
            assert!(commit(store, change).await.took_place(), "{index}");
            let before = family(store, session.id).await;
            let next = accepted(&row.session.family, 1, Some("here"));
            let is_accepted = store.accept_unchanged(session.id, &next, row.version).await;
            assert!(!is_accepted.expect("a store"), "{index}");
            assert_eq!(family(store, session.id).await, before, "{index}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_rotation_of_a_remembered_row_is_stored_and_remembered() {
    on_every_remembering_engine(async |store| {
        let (_, session) = registered(store, 1).await;
        assert!(store.remembered(session.id).is_none());
        store.find_session(session.id).await.expect("a store");
        let first = store.remembered(session.id).expect("it was read");
        let mut row = first.clone();
        for generation in 1..=3 {
            let key = format!("number-{generation}");
            let next = accepted(&row.session.family, generation, Some(&key));
            let is_accepted = store.accept_unchanged(session.id, &next, row.version).await;
            assert!(is_accepted.expect("a store"));
            row = store.remembered(session.id).expect("it was written");
            assert_eq!(row.session.family, next.family);
            assert_eq!(stored(store, &session).await, next.family);
        }
        // Each version but the newest is the past.
        let again = accepted(&first.session.family, 1, Some("again"));
        assert!(!store.accept_unchanged(session.id, &again, first.version).await.expect("a store"));
        assert!(store.remembered(session.id).is_none());
        // A row that is not live is not remembered.
        let revocation = Revocation { reason: RevocationReason::User, at: NOW };
        commit(store, Change::RevokeSession(session.id, revocation)).await;
        stored(store, &session).await;
        assert!(store.remembered(session.id).is_none());
    })
    .await;
}

async fn stored(store: &dyn Store, session: &Session) -> Family<RevocationReason> {
    family(store, session.id).await
}

#[tokio::test]
async fn of_two_rotations_of_one_remembered_row_one_takes_place() {
    on_every_remembering_engine(async |store| {
        let (_, session) = registered(store, 1).await;
        store.find_session(session.id).await.expect("a store");
        let row = store.remembered(session.id).expect("it was read");
        let [one, two] = ["one", "two"].map(|key| accepted(&session.family, 1, Some(key)));
        let (one, two) = tokio::join!(
            store.accept_unchanged(session.id, &one, row.version),
            store.accept_unchanged(session.id, &two, row.version),
        );
        assert_ne!(one.expect("a store"), two.expect("a store"));
        assert!(!accept(store, session.id, &accepted(&session.family, 1, None)).await);
    })
    .await;
}
