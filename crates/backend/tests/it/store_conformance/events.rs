//! Security events: committed atomically with their change, paged, pruned by age.

use backend::store::{
    Change, ClientInfo, Event, EventQuery, EventsBefore, IdRange, Prunable, Revocation, Store, User,
};
use shared::{Device, EventId, EventKind, RevocationReason, SessionId, UserId};

use rotation::Generation;

use super::accounts::all;
use super::{ALL, LONG_AGO, NOW, accepted, commit, family, on_every_engine, registered, user};
use crate::support::stores;

/// An event of this number; a later one has a larger number.
pub(super) fn event(number: u8, of: &User, kind: EventKind) -> Event {
    let device = Device { browser: "Firefox".to_owned(), ..Device::unknown() };
    Event {
        id: EventId::from_bytes([number; 16]),
        kind,
        at: NOW.plus(number.into()),
        user: Some(of.id),
        session: None,
        reason: None,
        client: ClientInfo { address: Some("203.0.113.9".parse().expect("an address")), device },
    }
}

pub(super) async fn kinds(store: &dyn Store, user: UserId) -> Vec<EventKind> {
    let events = store.events(&all(user)).await.expect("a store");
    events.into_iter().map(|event| event.kind).collect()
}

async fn record(store: &dyn Store, events: Vec<Event>) {
    store.commit(Change::Record, events).await.expect("a store");
}

#[tokio::test]
async fn an_event_is_found_whole() {
    on_every_engine(async |store| {
        registered(store, 1).await;
        let full = Event {
            session: Some(SessionId::from_bytes([7; 16])),
            reason: Some(RevocationReason::Replay),
            ..event(1, &user(1), EventKind::Replayed)
        };
        let bare =
            Event { client: ClientInfo::unknown(), ..event(2, &user(1), EventKind::LoggedIn) };
        record(store, vec![full.clone(), bare.clone()]).await;
        // An event of an unknown user is dropped.
        record(store, vec![event(3, &user(9), EventKind::LoggedIn)]).await;
        assert!(store.events(&all(user(9).id)).await.expect("a store").is_empty());
        assert_eq!(store.events(&all(user(1).id)).await.expect("a store"), [bare, full]);
    })
    .await;
}

/// Change and event are one transaction, for every kind of change.
#[tokio::test]
async fn events_are_stored_with_their_change_or_not_at_all() {
    on_every_engine(async |store| {
        let (one, session) = registered(store, 1).await;
        let revocation = Revocation { reason: RevocationReason::Logout, at: NOW };
        let recorded = |number, kind| vec![event(number, &one, kind)];
        let commit = async |change, events| {
            store.commit(change, events).await.expect("a store").took_place()
        };
        let accept = accepted(&family(store, session.id).await, 1, None);
        let accept = || Change::Accept(session.id, Box::new(accept.clone()));
        assert!(commit(accept(), recorded(1, EventKind::Recovered)).await);
        assert!(!commit(accept(), recorded(2, EventKind::Recovered)).await);
        let end = || Change::RevokeSession(session.id, revocation);
        assert!(commit(end(), recorded(3, EventKind::LoggedOut)).await);
        assert!(!commit(end(), recorded(4, EventKind::LoggedOut)).await);
        let rename = |user| Change::Rename { user, name: None };
        assert!(commit(rename(one.id), recorded(5, EventKind::NameChanged)).await);
        assert!(!commit(rename(user(9).id), recorded(6, EventKind::NameChanged)).await);
        let disable = || Change::Disable(one.id, revocation);
        assert!(commit(disable(), recorded(7, EventKind::Disabled)).await);
        assert!(!commit(disable(), recorded(8, EventKind::Disabled)).await);
        let seen = [
            EventKind::Disabled,
            EventKind::NameChanged,
            EventKind::LoggedOut,
            EventKind::Recovered,
        ];
        assert_eq!(kinds(store, one.id).await, seen);
    })
    .await;
}

/// A taken event id rolls the change back. The engine in memory has no such errors and is left out.
#[tokio::test]
async fn a_change_whose_event_cannot_be_stored_does_not_take_place() {
    for (store, place) in stores().await {
        if place.engine() == "memory" {
            continue;
        }
        let (one, session) = registered(&*store, 1).await;
        record(&*store, vec![event(1, &one, EventKind::LoggedIn)]).await;
        let revocation = Revocation { reason: RevocationReason::Logout, at: NOW };
        let recorded = vec![event(1, &one, EventKind::LoggedOut)];
        assert!(
            store.commit(Change::RevokeSession(session.id, revocation), recorded).await.is_err()
        );
        assert!(family(&*store, session.id).await.is_live());
        let accept = accepted(&family(&*store, session.id).await, 1, None);
        let accept = Change::Accept(session.id, Box::new(accept));
        let recorded = vec![event(1, &one, EventKind::Recovered)];
        assert!(store.commit(accept, recorded).await.is_err());
        assert_eq!(family(&*store, session.id).await.generation, Generation(0));
    }
}

#[tokio::test]
async fn events_come_in_pages_and_by_kind() {
    on_every_engine(async |store| {
        let (one, two) = (registered(store, 1).await.0, registered(store, 2).await.0);
        let kind = |number: u8| {
            if number.is_multiple_of(2) { EventKind::LoggedIn } else { EventKind::Limited }
        };
        record(store, (1..=7).map(|number| event(number, &one, kind(number))).collect()).await;
        record(store, vec![event(8, &two, EventKind::LoggedIn)]).await;
        let page = async |query: EventQuery| {
            let events = store.events(&query).await.expect("a store");
            events.iter().map(|event| event.id.as_bytes()[0]).collect::<Vec<_>>()
        };
        let query = EventQuery { limit: 3, ..all(one.id) };
        assert_eq!(page(query.clone()).await, [7, 6, 5]);
        let before = |number| Some(EventId::from_bytes([number; 16]));
        assert_eq!(page(EventQuery { before: before(5), ..query.clone() }).await, [4, 3, 2]);
        assert_eq!(page(EventQuery { before: before(2), ..query.clone() }).await, [1]);
        assert!(page(EventQuery { before: before(1), ..query.clone() }).await.is_empty());
        // A kind whose name contains another kind's is a different kind.
        let some = |kinds: &[EventKind]| EventQuery { kinds: kinds.to_vec(), ..all(one.id) };
        assert_eq!(page(some(&[EventKind::LoggedIn])).await, [6, 4, 2]);
        assert_eq!(page(some(&[EventKind::LoggedIn, EventKind::Limited])).await.len(), 7);
        assert!(page(some(&[EventKind::Disabled])).await.is_empty());
    })
    .await;
}

async fn prune(store: &dyn Store, before: EventsBefore, range: IdRange) -> u64 {
    commit(store, Change::Prune(Prunable::Events(before), range)).await.rows
}

#[tokio::test]
async fn old_events_are_pruned_and_those_without_an_account_sooner() {
    on_every_engine(async |store| {
        let (one, _) = registered(store, 1).await;
        let dummy_hash =
            |number| Event { user: None, ..event(number, &one, EventKind::LoginFailed) };
        let mut events: Vec<Event> =
            [1, 2, 3].map(|number| event(number, &one, EventKind::LoggedIn)).into();
        events.extend([dummy_hash(11), dummy_hash(12), dummy_hash(13)]);
        record(store, events).await;
        let before = EventsBefore {
            of_users: NOW.plus(3),
            routine: LONG_AGO,
            without_account: NOW.plus(13),
        };
        assert_eq!(prune(store, before, ALL).await, 4);
        assert_eq!(prune(store, before, ALL).await, 0);
        assert_eq!(kinds(store, one.id).await, [EventKind::LoggedIn]);
        let all = EventsBefore {
            of_users: NOW.plus(100),
            routine: LONG_AGO,
            without_account: NOW.plus(100),
        };
        assert_eq!(prune(store, all, ALL).await, 2);
    })
    .await;
}

/// Routine events of a session are pruned before the user's other events; pruning a part leaves rows outside of it.
#[tokio::test]
async fn events_are_pruned_in_parts_and_the_routine_before_the_rest() {
    on_every_engine(async |store| {
        let (one, _) = registered(store, 1).await;
        let kind = |number| match number % 3 {
            0 => EventKind::Refreshed,
            1 => EventKind::AnsweredAgain,
            _ => EventKind::LoggedIn,
        };
        record(store, (1..=12).map(|number| event(number, &one, kind(number))).collect()).await;
        let before =
            EventsBefore { of_users: NOW.plus(3), routine: NOW.plus(9), without_account: LONG_AGO };
        let part = |after, through| IdRange { after: [after; 16], through: [through; 16] };
        // Numbers 1 and 2 are too old; of the others up to 8, the routine: 3, 4, 6 and 7.
        assert_eq!(prune(store, before, part(0, 1)).await, 1);
        assert_eq!(prune(store, before, part(1, 5)).await, 3);
        assert_eq!(prune(store, before, part(1, 5)).await, 0);
        assert_eq!(prune(store, before, part(5, 6)).await, 1);
        assert_eq!(prune(store, before, ALL).await, 1);
        let left = store.events(&all(one.id)).await.expect("a store");
        let left: Vec<u8> = left.iter().map(|event| event.id.as_bytes()[0]).collect();
        assert_eq!(left, [12, 11, 10, 9, 8, 5]);
    })
    .await;
}

#[tokio::test]
async fn a_batch_ends_so_many_rows_further_on_in_the_order_of_ids() {
    on_every_engine(async |store| {
        let (one, _) = registered(store, 1).await;
        record(store, [7, 3, 9, 5].map(|number| event(number, &one, EventKind::LoggedIn)).into())
            .await;
        let before = EventsBefore { of_users: NOW, routine: NOW, without_account: NOW };
        let part_end = async |after: u8, rows| {
            let end = store.part_end(Prunable::Events(before), [after; 16], rows).await;
            end.expect("a store").map(|id| id[0])
        };
        assert_eq!(part_end(0, 1).await, Some(3));
        assert_eq!(part_end(3, 1).await, Some(5));
        assert_eq!(part_end(4, 2).await, Some(7));
        assert_eq!(part_end(0, 4).await, Some(9));
        assert_eq!(part_end(0, 5).await, None);
        assert_eq!(part_end(9, 1).await, None);
    })
    .await;
}
