//! Sessions: opened, confirmed, revoked one by one and in bulk; the subscription to revocations.

use shared::{EventKind, NumericDate, RevocationReason, SessionId};

use super::{NOW, commit, end, family, on_every_engine, open, registered, rehash, session, user};
use backend::store::{
    Change, ClientInfo, EventQuery, Notification, Part, PartScope, REVOKED_PAGE, Revocation,
    Session, SessionScope, Store,
};
use shared::Device;
use sqlx::{Connection as _, SqliteConnection};

use crate::support::{Place, stores};

fn at(seconds: i64) -> NumericDate {
    NOW.plus(seconds)
}

async fn revoke_all(store: &dyn Store, whose: SessionScope) -> Vec<u8> {
    let revocation = Revocation { reason: RevocationReason::User, at: NOW };
    let outcome = commit(store, Change::RevokeSessions(whose, revocation)).await;
    assert_eq!(outcome.rows, outcome.revoked.len() as u64);
    numbers(outcome.revoked)
}

/// All sessions, in one part.
fn everyones() -> SessionScope {
    let [after, up_to] = [0, 255].map(|number| SessionId::from_bytes([number; 16]));
    SessionScope::Part(Part { after, up_to, scope: PartScope::All })
}

fn numbers(ids: Vec<SessionId>) -> Vec<u8> {
    let mut numbers: Vec<u8> = ids.into_iter().map(|id| id.as_bytes()[0]).collect();
    numbers.sort_unstable();
    numbers
}

async fn live(store: &dyn Store, numbers: std::ops::RangeInclusive<u8>) -> Vec<u8> {
    let mut live = Vec::new();
    for number in numbers {
        let family = family(store, SessionId::from_bytes([number; 16])).await;
        live.extend(family.is_live().then_some(number));
    }
    live
}

/// Users 1 and 2; sessions 1, 3 and 4 are the first's, 2 and 5 the second's.
async fn two_users(store: &dyn Store) {
    let (one, _) = registered(store, 1).await;
    let (two, _) = registered(store, 2).await;
    for (number, user) in [(3, &one), (4, &one), (5, &two)] {
        assert!(open(store, user, &session(number, user)).await);
    }
}

#[tokio::test]
async fn a_session_opens_only_for_a_user_who_may_log_in_with_the_hash_that_was_seen() {
    on_every_engine(async |store| {
        let (one, _) = registered(store, 1).await;
        assert!(rehash(store, one.id, &one.password_hash, "new").await);
        assert!(!open(store, &one, &session(2, &one)).await, "another password in between");
        let one = backend::store::User { password_hash: "new".to_owned(), ..one };
        assert!(open(store, &one, &session(3, &one)).await);
        let revocation = Revocation { reason: RevocationReason::Disabled, at: NOW };
        assert!(commit(store, Change::Disable(one.id, revocation)).await.took_place());
        assert!(!open(store, &one, &session(4, &one)).await, "disabled in between");
        assert!(!open(store, &user(9), &session(5, &user(9))).await, "an unknown user");
        for number in [2, 4, 5] {
            let id = SessionId::from_bytes([number; 16]);
            assert!(store.find_session(id).await.expect("a store").is_none(), "{number}");
        }
    })
    .await;
}

#[tokio::test]
async fn sessions_are_revoked_of_one_user_of_the_others_and_of_all() {
    on_every_engine(async |store| {
        two_users(store).await;
        let (one, two) = (user(1).id, user(2).id);
        let but = SessionId::from_bytes([3; 16]);
        assert_eq!(revoke_all(store, SessionScope::OthersOf(one, but)).await, [1, 4]);
        assert_eq!(live(store, 1..=5).await, [2, 3, 5]);
        assert!(revoke_all(store, SessionScope::OthersOf(one, but)).await.is_empty());
        // Another user's session spares no session.
        assert_eq!(revoke_all(store, SessionScope::OthersOf(two, but)).await, [2, 5]);
        two_users_again(store).await;
        assert_eq!(revoke_all(store, SessionScope::User(one)).await, [3, 6]);
        assert_eq!(revoke_all(store, everyones()).await, [7]);
        assert!(live(store, 1..=7).await.is_empty());
    })
    .await;
}

/// In the same transaction, one event per session, and none for sessions revoked before.
#[tokio::test]
async fn a_bulk_revocation_has_an_event_for_each_session() {
    on_every_engine(async |store| {
        two_users(store).await;
        assert!(end(store, SessionId::from_bytes([1; 16]), RevocationReason::Logout, NOW).await);
        let revocation = Revocation { reason: RevocationReason::Administrator, at: at(7) };
        let end = async |whose| commit(store, Change::RevokeSessions(whose, revocation)).await.rows;
        let recorded = async |number| {
            let user = user(number).id;
            let query = EventQuery { user, before: None, kinds: Vec::new(), limit: 9 };
            let events = store.events(&query).await.expect("a store");
            for event in &events {
                let seen = (event.kind, event.reason, event.at);
                let ended = (EventKind::SessionEnded, Some(RevocationReason::Administrator), at(7));
                assert_eq!((seen, &event.client), (ended, &ClientInfo::unknown()));
                let (id, session) = (*event.id.as_bytes(), event.session.expect("a session"));
                assert_eq!(id[..6], (1_800_000_007_000_u64).to_be_bytes()[2..], "by its time");
                assert_eq!(id[6..], session.as_bytes()[6..], "and by the session");
            }
            numbers(events.iter().filter_map(|event| event.session).collect())
        };
        assert_eq!(end(SessionScope::User(user(1).id)).await, 2);
        assert_eq!((recorded(1).await, recorded(2).await), (vec![3, 4], vec![]));
        assert_eq!(end(everyones()).await, 2);
        assert_eq!((recorded(1).await, recorded(2).await), (vec![3, 4], vec![2, 5]));
        assert_eq!(end(everyones()).await, 0, "nothing is left, and nothing is recorded twice");
        assert_eq!((recorded(1).await, recorded(2).await), (vec![3, 4], vec![2, 5]));
    })
    .await;
}

#[tokio::test]
async fn sessions_are_batched_by_a_thousand_whatever_their_status() {
    on_every_engine(async |store| {
        let (one, _) = registered(store, 1).await;
        assert_eq!(store.last_session().await.expect("a store"), Some(id_of(1)));
        for number in 0..1_101_u16 {
            let session = Session { id: numbered(number), ..session(9, &one) };
            assert!(open(store, &one, &session).await);
            let ends = number < 20 && number % 2 == 1;
            assert!(!ends || end(store, session.id, RevocationReason::Logout, NOW).await);
        }
        let last = store.last_session().await.expect("a store").expect("a session");
        assert_eq!(last, numbered(1_100));
        let part = async |after, up_to| store.end_of_part(after, up_to).await.expect("a store");
        assert_eq!(part(id_of(0), last).await, Some(numbered(998)), "session 1 is in it");
        assert_eq!(part(numbered(998), last).await, Some(last));
        assert_eq!(part(last, last).await, None);
        assert_eq!(part(id_of(0), id_of(8)).await, Some(id_of(1)), "and none from beyond");
        // Of one user, a thousand active ones at a time.
        let revocation = Revocation { reason: RevocationReason::Administrator, at: NOW };
        let end = || Change::RevokeSessions(SessionScope::User(one.id), revocation);
        for ended in [1_000, 92, 0] {
            assert_eq!(commit(store, end()).await.revoked.len(), ended);
        }
    })
    .await;
}

/// Ids after session 8, in the order of their numbers.
fn numbered(number: u16) -> SessionId {
    let mut bytes = [9; 16];
    bytes[1..3].copy_from_slice(&number.to_be_bytes());
    SessionId::from_bytes(bytes)
}

fn id_of(number: u8) -> SessionId {
    SessionId::from_bytes([number; 16])
}

/// Session 6 is the first's, 7 the second's.
async fn two_users_again(store: &dyn Store) {
    for (number, owner) in [(6, 1), (7, 2)] {
        assert!(open(store, &user(owner), &session(number, &user(owner))).await);
    }
}

#[tokio::test]
async fn a_confirmation_is_recorded_of_a_live_session_only() {
    on_every_engine(async |store| {
        let (_, session) = registered(store, 1).await;
        let device = Device { browser: "Firefox".to_owned(), ..Device::unknown() };
        let client =
            ClientInfo { address: Some("2001:db8::1".parse().expect("an address")), device };
        let confirm = |at| Change::Confirm { session: session.id, at, client: client.clone() };
        assert!(commit(store, confirm(at(5))).await.took_place());
        let found = store.find_session(session.id).await.expect("a store").expect("a session").0;
        assert_eq!((found.authenticated_at, &found.client), (at(5), &client));
        assert!(end(store, session.id, RevocationReason::Logout, at(6)).await);
        assert!(!commit(store, confirm(at(7))).await.took_place());
        let found = store.find_session(session.id).await.expect("a store").expect("a session").0;
        assert_eq!(
            (found.authenticated_at, found.revocation_reason()),
            (at(5), Some(RevocationReason::Logout))
        );
    })
    .await;
}

/// Half a revocation is no state: the schema refuses each of its columns without the other.
#[tokio::test]
async fn a_revocation_is_stored_with_its_instant_and_its_reason_or_not_at_all() {
    const HALVES: [&str; 2] = [
        "UPDATE sessions SET revoked_at = 1800000000",
        "UPDATE sessions SET revoked_because = 'administrator'",
    ];
    for (store, place) in stores().await {
        registered(&*store, 1).await;
        for half in HALVES {
            let written = match &place {
                // Rows cannot be changed from outside.
                Place::Memory => continue,
                Place::File(_) => {
                    let mut raw =
                        SqliteConnection::connect(&place.url()).await.expect("a database");
                    sqlx::raw_sql(half).execute(&mut raw).await.map(|_| ())
                }
                Place::Schema(schema) => {
                    let mut raw = schema.connection().await;
                    sqlx::raw_sql(half).execute(&mut raw).await.map(|_| ())
                }
            };
            let error = written.expect_err(half).into_database_error().expect("a refusal");
            assert!(error.is_check_violation(), "{}: {half}: {error}", place.engine());
            assert!(family(&*store, id_of(1)).await.is_live());
        }
    }
}

#[tokio::test]
async fn live_sessions_of_a_user_are_listed_the_one_seen_last_first() {
    on_every_engine(async |store| {
        two_users(store).await;
        let begun = rotation::Family::begun(NOW);
        let accepted = super::accepted(&begun, 1, None);
        assert!(super::accept(store, SessionId::from_bytes([3; 16]), &accepted).await);
        let listed = async || {
            let sessions = store.sessions_of(user(1).id).await.expect("a store");
            sessions.iter().map(|session| session.id.as_bytes()[0]).collect::<Vec<_>>()
        };
        assert_eq!(listed().await, [3, 4, 1]);
        assert!(end(store, SessionId::from_bytes([4; 16]), RevocationReason::Logout, NOW).await);
        assert_eq!(listed().await, [3, 1]);
    })
    .await;
}

/// The count of revocations in each second since, and the sessions themselves.
#[tokio::test]
async fn revocations_since_an_instant_are_counted_by_the_second_and_found_with_their_reason() {
    on_every_engine(async |store| {
        two_users(store).await;
        for (number, reason, when) in [
            (1, RevocationReason::Logout, -1),
            (2, RevocationReason::Replay, 0),
            (3, RevocationReason::User, 1),
            (4, RevocationReason::Logout, 0),
        ] {
            assert!(end(store, SessionId::from_bytes([number; 16]), reason, at(when)).await);
        }
        let counts = store.revoked_per_second(NOW).await.expect("a store");
        assert_eq!(counts, [(at(0), 2), (at(1), 1)]);
        let ended = async |second, after: Option<u8>| {
            let after = after.map(|number| SessionId::from_bytes([number; 16]));
            let ended = store.revoked_in(second, after).await.expect("a store");
            assert!(ended.iter().all(|ended| ended.at == second));
            ended.iter().map(|it| (it.session.as_bytes()[0], it.reason)).collect::<Vec<_>>()
        };
        assert_eq!(
            ended(at(0), None).await,
            [(2, RevocationReason::Replay), (4, RevocationReason::Logout)]
        );
        assert_eq!(ended(at(0), Some(2)).await, [(4, RevocationReason::Logout)]);
        assert_eq!(ended(at(0), Some(4)).await, []);
        assert_eq!(ended(at(2), None).await, []);
    })
    .await;
}

/// More than a page of them in one second: all are read, in the order of their ids.
#[tokio::test]
async fn a_bulk_revocation_in_one_second_is_read_in_pages() {
    on_every_engine(async |store| {
        let (one, _) = registered(store, 1).await;
        for number in 0..=REVOKED_PAGE {
            let mut id = [9; 16];
            id[..4].copy_from_slice(&number.to_be_bytes());
            let session = Session { id: SessionId::from_bytes(id), ..session(9, &one) };
            assert!(open(store, &one, &session).await);
        }
        let revocation = Revocation { reason: RevocationReason::Disabled, at: NOW };
        assert!(commit(store, Change::Disable(one.id, revocation)).await.took_place());
        let all = Change::RevokeSessions(SessionScope::User(one.id), revocation);
        while !commit(store, all.clone()).await.revoked.is_empty() {}
        let sessions = u64::from(REVOKED_PAGE) + 2;
        assert_eq!(store.revoked_per_second(NOW).await.expect("a store"), [(NOW, sessions)]);
        let page = store.revoked_in(NOW, None).await.expect("a store");
        assert_eq!(page.len(), REVOKED_PAGE as usize);
        assert!(page.is_sorted_by_key(|ended| ended.session));
        let last = page.last().map(|ended| ended.session);
        assert_eq!(store.revoked_in(NOW, last).await.expect("a store").len(), 2);
    })
    .await;
}

/// The subscription delivers every revocation committed before `next`, by id or through
/// [`Store::revoked_per_second`].
#[tokio::test]
async fn a_subscription_is_notified_of_every_revocation_and_of_none_before_it() {
    on_every_engine(async |store| {
        two_users(store).await;
        assert!(end(store, SessionId::from_bytes([5; 16]), RevocationReason::Logout, NOW).await);
        let mut subscription = store.subscribe().await.expect("a subscription");
        assert_eq!(
            subscription.next().await.expect("an answer"),
            Notification::Revoked(Vec::new())
        );
        for whose in [SessionScope::User(user(1).id), everyones()] {
            let revoked = revoke_all(store, whose).await;
            let notification = match subscription.next().await.expect("an answer") {
                Notification::Change(_) => continue,
                Notification::Revoked(notification) => notification,
            };
            assert!(notification.iter().all(|(_, reason)| *reason == RevocationReason::User));
            assert_eq!(numbers(notification.into_iter().map(|(id, _)| id).collect()), revoked);
        }
        assert_eq!(
            subscription.next().await.expect("an answer"),
            Notification::Revoked(Vec::new())
        );
    })
    .await;
}
