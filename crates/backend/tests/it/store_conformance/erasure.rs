//! Erasure of an account races with writes about it: no event remains.

use backend::store::{Change, Event, Revocation, Store, User};
use shared::{EventId, EventKind, RevocationReason};
use sqlx::{Connection as _, SqliteConnection};

use super::events::{event, kinds};
use super::{NOW, accepted, commit, family, on_every_engine, registered};
use crate::support::{Place, stores};

/// Rounds of the race, each with an account of its own.
const ROUNDS: u8 = 150;
/// Events written one after another during the erasure.
const LOGGED: u8 = 6;

fn numbered(round: u8, number: u8, of: &User, kind: EventKind) -> Event {
    let mut id = [round; 16];
    id[15] = number;
    Event { id: EventId::from_bytes(id), ..event(round, of, kind) }
}

async fn erase(store: &dyn Store, user: &User) {
    let revocation = Revocation { reason: RevocationReason::Deleted, at: NOW.plus(9) };
    assert!(commit(store, Change::Erase(user.id, revocation)).await.took_place());
}

/// Failed logins, and refreshes from another network, race with the erasure.
#[tokio::test]
async fn an_erased_account_leaves_no_event_whatever_happens_at_the_same_moment() {
    on_every_engine(async |store| {
        let mut left = 0;
        for round in 1..=ROUNDS {
            let (user, session) = registered(store, round).await;
            let fail = async {
                for number in 0..LOGGED {
                    let recorded = numbered(round, number, &user, EventKind::LoginFailed);
                    store.commit(Change::Record, vec![recorded]).await.expect("a store");
                }
            };
            let refresh = async {
                for number in 0..LOGGED {
                    let family = family(store, session.id).await;
                    let next = accepted(&family, u32::from(number) + 1, None);
                    let accept = Change::Accept(session.id, Box::new(next));
                    let recorded =
                        numbered(round, LOGGED + number, &user, EventKind::NetworkChanged);
                    store.commit(accept, vec![recorded]).await.expect("a store");
                }
            };
            tokio::join!(erase(store, &user), fail, refresh);
            left += usize::from(!kinds(store, user.id).await.is_empty());
        }
        assert_eq!(left, 0, "of {ROUNDS} accounts");
    })
    .await;
}

/// One event for each erased account, left by an earlier version.
const ON_SQLITE: &str = "
    INSERT INTO events (id, user_id, kind, at, browser, os, device_kind)
    SELECT randomblob(16), id, 'login_failed', 1800000000, 'unknown', 'unknown', 'unknown'
    FROM users WHERE erased_at IS NOT NULL";
const ON_POSTGRES: &str = "
    INSERT INTO events (id, user_id, kind, at, browser, os, device_kind)
    SELECT decode(md5(random()::text), 'hex'), id, 'login_failed', 1800000000, 'unknown', 'unknown', 'unknown'
    FROM users WHERE erased_at IS NOT NULL";

#[tokio::test]
async fn events_that_an_earlier_version_left_of_an_erased_account_are_pruned() {
    for (store, place) in stores().await {
        let store = &*store;
        let ((erased, _), (other, _)) = (registered(store, 1).await, registered(store, 2).await);
        let recorded = vec![event(2, &other, EventKind::LoginFailed)];
        store.commit(Change::Record, recorded).await.expect("a store");
        erase(store, &erased).await;
        match &place {
            // Rows cannot be inserted from outside.
            Place::Memory => continue,
            Place::File(_) => {
                let mut raw = SqliteConnection::connect(&place.url()).await.expect("a database");
                sqlx::raw_sql(ON_SQLITE).execute(&mut raw).await.expect("an event");
            }
            Place::Schema(schema) => {
                let mut raw = schema.connection().await;
                sqlx::raw_sql(ON_POSTGRES).execute(&mut raw).await.expect("an event");
            }
        }
        assert_eq!(kinds(store, erased.id).await, [EventKind::LoginFailed]);
        let prune = async || commit(store, Change::PruneErased(NOW.plus(10))).await.rows;
        assert_eq!(prune().await, 1);
        assert_eq!(kinds(store, erased.id).await, []);
        assert_eq!(prune().await, 0, "its session is still there");
        assert_eq!(kinds(store, other.id).await, [EventKind::LoginFailed]);
    }
}
