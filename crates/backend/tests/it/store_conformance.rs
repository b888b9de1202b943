//! The conformance suite of the store: every engine must pass it. A new engine joins by standing in
//! `support::stores`.

mod accounts;
mod clients;
mod erasure;
mod events;
mod idempotency;
mod keys;
mod refreshes;
mod revocation;
mod versions;

use backend::auth::account::email::Email;
use backend::store::{
    Accepted, Change, ClientInfo, IdRange, Outcome, Prunable, PruneBefore, Revocation, Session,
    Store, User,
};
use rotation::{Attempt, Family, Generation, Seed};
use shared::{NumericDate, RevocationReason, SessionId, UserId};

use crate::support::stores;

const NOW: NumericDate = NumericDate(1_800_000_000);
/// Before every other instant.
const LONG_AGO: NumericDate = NumericDate(0);
/// Every row of a table.
const ALL: IdRange = IdRange { after: [0; 16], through: [u8::MAX; 16] };
const BEYOND_31_BITS: u32 = 3_000_000_000;

#[expect(clippy::print_stdout, reason = "a failing test shows which engine it was")]
async fn on_every_engine(scenario: impl AsyncFn(&dyn Store)) {
    for (store, place) in stores().await {
        println!("engine: {}", place.engine());
        scenario(&*store).await;
    }
}

fn user(number: u8) -> User {
    User {
        id: UserId::from_bytes([number; 16]),
        email: Email::parse(&format!("user{number}@example.com")).expect("an address"),
        name: (number.is_multiple_of(2)).then(|| format!("User {number} 王")),
        password_hash: format!("$argon2id$hash-{number}"),
        created_at: NOW,
        disabled_at: None,
    }
}

fn session(number: u8, user: &User) -> Session {
    Session {
        id: SessionId::from_bytes([number; 16]),
        user: user.id,
        seed: Seed::from_bytes([number; 32]),
        refresh_key_id: "key-1".to_owned(),
        family: Family::begun(NOW),
        authenticated_at: NOW,
        step_up_required_at: None,
        client: ClientInfo::unknown(),
        client_id: None,
    }
}

async fn commit(store: &dyn Store, change: Change) -> Outcome {
    store.commit(change, Vec::new()).await.expect("a store")
}

async fn register(store: &dyn Store, user: &User, session: &Session) -> bool {
    let (user, session) = (Box::new(user.clone()), Box::new(session.clone()));
    commit(store, Change::Register(user, session, Vec::new())).await.took_place()
}

async fn open(store: &dyn Store, user: &User, session: &Session) -> bool {
    let (session, seen) = (Box::new(session.clone()), user.password_hash.clone());
    commit(store, Change::OpenSession { session, seen, superseded: Vec::new() }).await.took_place()
}

async fn accept(store: &dyn Store, id: SessionId, accepted: &Accepted) -> bool {
    commit(store, Change::Accept(id, Box::new(accepted.clone()))).await.took_place()
}

async fn end(store: &dyn Store, id: SessionId, reason: RevocationReason, at: NumericDate) -> bool {
    commit(store, Change::RevokeSession(id, Revocation { reason, at })).await.took_place()
}

async fn rehash(store: &dyn Store, user: UserId, seen: &str, hash: &str) -> bool {
    let (seen, hash) = (seen.to_owned(), hash.to_owned());
    commit(store, Change::Rehash { user, seen, hash }).await.took_place()
}

fn attempt(name: &str) -> Attempt {
    Attempt::parse(&format!("attempt-key-of-{name}")).expect("a key")
}

async fn family(store: &dyn Store, id: SessionId) -> Family<RevocationReason> {
    store.find_session(id).await.expect("a store").expect("a session").0.family
}

async fn registered(store: &dyn Store, number: u8) -> (User, Session) {
    let (user, session) = (user(number), session(number, &user(number)));
    assert!(register(store, &user, &session).await);
    (user, session)
}

fn accepted(from: &Family<RevocationReason>, generation: u32, key: Option<&str>) -> Accepted {
    Accepted {
        seen: from.generation,
        family: from.accepted(Generation(generation), key.map(attempt), NOW.plus(60)),
        client: ClientInfo::unknown(),
    }
}

#[tokio::test]
async fn what_was_registered_is_found_whole() {
    on_every_engine(async |store| {
        for number in [1, 2] {
            let (user, session) = registered(store, number).await;
            let found = store.find_user(&user.email).await.expect("a store").expect("the user");
            assert_eq!(
                (found.id, &found.name, &found.password_hash),
                (user.id, &user.name, &user.password_hash)
            );
            assert_eq!(
                (found.email, found.created_at, found.disabled_at),
                (user.email.clone(), NOW, None)
            );

            let (row, owner) =
                store.find_session(session.id).await.expect("a store").expect("the session");
            assert_eq!((row.id, row.user, owner.id), (session.id, user.id, user.id));
            assert_eq!(row.seed.as_bytes(), session.seed.as_bytes());
            assert_eq!((row.refresh_key_id, row.family), ("key-1".to_owned(), Family::begun(NOW)));
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    on_every_engine(async |store| {
        assert!(store.find_user(&user(9).email).await.expect("a store").is_none());
        assert!(
            store.find_session(SessionId::from_bytes([9; 16])).await.expect("a store").is_none()
        );
        assert!(!end(store, SessionId::from_bytes([9; 16]), RevocationReason::Logout, NOW).await);
        let nothing = accepted(&Family::begun(NOW), 1, None);
        assert!(!accept(store, SessionId::from_bytes([9; 16]), &nothing).await);
        store.ping().await.expect("an answer");
    })
    .await;
}

#[tokio::test]
async fn a_taken_email_address_stores_neither_user_nor_session() {
    on_every_engine(async |store| {
        registered(store, 1).await;
        let second = User { email: user(1).email, ..user(2) };
        assert!(!register(store, &second, &session(2, &second)).await);
        assert!(
            store.find_session(SessionId::from_bytes([2; 16])).await.expect("a store").is_none()
        );
        let found = store.find_user(&user(1).email).await.expect("a store").expect("the user");
        assert_eq!(found.id, user(1).id);
    })
    .await;
}

#[tokio::test]
async fn an_accepted_rotation_is_recorded_whole() {
    on_every_engine(async |store| {
        let (_, session) = registered(store, 1).await;
        let mut expected = Family::begun(NOW);
        for (generation, key) in
            [(1, Some("one")), (2, Some("two")), (3, None), (BEYOND_31_BITS, Some("far"))]
        {
            let write = accepted(&expected, generation, key);
            assert!(accept(store, session.id, &write).await);
            expected = write.family;
            assert_eq!(family(store, session.id).await, expected);
        }
    })
    .await;
}

#[tokio::test]
async fn a_rotation_is_accepted_once_from_the_generation_that_was_read() {
    on_every_engine(async |store| {
        let (_, session) = registered(store, 1).await;
        let begun = Family::begun(NOW);
        assert!(accept(store, session.id, &accepted(&begun, 1, Some("first"))).await);
        assert!(!accept(store, session.id, &accepted(&begun, 1, Some("second"))).await);
        assert!(!accept(store, session.id, &accepted(&begun, 2, None)).await);
        assert_eq!(family(store, session.id).await.attempt, Some(attempt("first")));
    })
    .await;
}

#[tokio::test]
async fn a_revocation_is_final() {
    on_every_engine(async |store| {
        let (user, first) = registered(store, 1).await;
        let other = session(2, &user);
        assert!(open(store, &user, &other).await);

        assert!(end(store, first.id, RevocationReason::Replay, NOW).await);
        assert!(!end(store, first.id, RevocationReason::Logout, NOW.plus(1)).await);
        assert!(!accept(store, first.id, &accepted(&Family::begun(NOW), 1, None)).await);
        let revoked = Family::begun(NOW).revoked(RevocationReason::Replay);
        assert_eq!(family(store, first.id).await, revoked);
        assert!(family(store, other.id).await.is_live());
    })
    .await;
}

#[tokio::test]
async fn a_rehash_replaces_only_the_hash_that_was_read() {
    on_every_engine(async |store| {
        let (user, _) = registered(store, 1).await;
        assert!(!rehash(store, user.id, "another", "new").await);
        assert!(rehash(store, user.id, &user.password_hash, "new").await);
        let found = store.find_user(&user.email).await.expect("a store").expect("the user");
        assert_eq!(found.password_hash, "new");
    })
    .await;
}

#[tokio::test]
async fn pruning_removes_what_is_long_over_and_nothing_else() {
    on_every_engine(async |store| {
        let (user, _) = registered(store, 1).await;
        let at = |number, created_at: i64, accepted_at: i64| Session {
            family: Family {
                created_at: NOW.plus(created_at),
                accepted_at: NOW.plus(accepted_at),
                ..Family::begun(NOW)
            },
            ..session(number, &user)
        };
        for session in [
            at(2, -1_000, -10),
            at(3, -900, -10),
            at(4, -900, -500),
            at(5, -900, -400),
            at(6, -10, -10),
            at(7, -10, -10),
        ] {
            assert!(open(store, &user, &session).await);
        }
        end(store, SessionId::from_bytes([6; 16]), RevocationReason::Logout, NOW.plus(-101)).await;
        end(store, SessionId::from_bytes([7; 16]), RevocationReason::Logout, NOW.plus(-100)).await;

        let before = PruneBefore {
            created_at: NOW.plus(-900),
            accepted_at: NOW.plus(-400),
            revoked_at: NOW.plus(-100),
        };
        let prune = async |range| {
            commit(store, Change::Prune(Prunable::Sessions(before), range)).await.rows
        };
        let of_the_first = IdRange { through: [2; 16], ..ALL };
        assert_eq!(prune(of_the_first).await, 1);
        assert_eq!(prune(of_the_first).await, 0);
        assert_eq!(prune(ALL).await, 2);
        let mut left = Vec::new();
        for number in 1..=7 {
            if store
                .find_session(SessionId::from_bytes([number; 16]))
                .await
                .expect("a store")
                .is_some()
            {
                left.push(number);
            }
        }
        assert_eq!(left, [1, 3, 5, 7]);
        assert_eq!(prune(ALL).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_batch_of_sessions_ends_so_many_rows_further_on() {
    on_every_engine(async |store| {
        let (user, _) = registered(store, 1).await;
        for number in [6, 4, 8] {
            assert!(open(store, &user, &session(number, &user)).await);
        }
        let before = PruneBefore { created_at: NOW, accepted_at: NOW, revoked_at: NOW };
        let part_end = async |after: u8, rows| {
            let end = store.part_end(Prunable::Sessions(before), [after; 16], rows).await;
            end.expect("a store").map(|id| id[0])
        };
        assert_eq!(part_end(0, 2).await, Some(4));
        assert_eq!(part_end(4, 1).await, Some(6));
        assert_eq!(part_end(1, 3).await, Some(8));
        assert_eq!(part_end(1, 4).await, None);
    })
    .await;
}
