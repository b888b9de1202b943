//! When sessions were last refreshed: evidence of the time where storage has no clock.

use backend::store::{Accepted, Store};
use rotation::Family;
use shared::{NumericDate, SessionId};

use super::{NOW, accept, accepted, family, on_every_engine, registered};

const DAY: i64 = 86_400;

/// The next rotation of the session, dated so many seconds after [`NOW`].
async fn next(store: &dyn Store, id: SessionId, seconds: i64) -> Accepted {
    let family = family(store, id).await;
    let next = accepted(&family, family.generation.0 + 1, None);
    Accepted { family: Family { accepted_at: NOW.plus(seconds), ..next.family }, ..next }
}

async fn refresh(store: &dyn Store, id: SessionId, seconds: i64) {
    let next = next(store, id, seconds).await;
    assert!(accept(store, id, &next).await);
}

/// So many seconds after [`NOW`].
async fn last(store: &dyn Store, before: Option<NumericDate>) -> Option<i64> {
    store.last_refresh(before).await.expect("a store").map(|at| at.since(NOW))
}

#[tokio::test]
async fn the_last_refresh_of_all_sessions_is_found() {
    on_every_engine(async |store| {
        let (one, two) = (registered(store, 1).await.1.id, registered(store, 2).await.1.id);
        assert_eq!(last(store, None).await, None, "a login is none");
        let late = next(store, one, 500).await;
        refresh(store, one, 100).await;
        assert!(!accept(store, one, &late).await);
        assert_eq!(last(store, None).await, Some(100), "a rotation that lost a race is none");
        refresh(store, two, DAY).await;
        assert_eq!(last(store, None).await, Some(DAY));
        assert_eq!(last(store, Some(NOW.plus(DAY))).await, Some(100));
        assert_eq!(last(store, Some(NOW.plus(100))).await, None);
        // By a clock that was behind.
        refresh(store, one, 200).await;
        assert_eq!(last(store, None).await, Some(DAY));
    })
    .await;
}

/// However often one session is refreshed: each day keeps its first and its last.
#[tokio::test]
async fn where_storage_has_no_clock_each_day_keeps_its_first_and_its_last_refresh() {
    on_every_engine(async |store| {
        if store.clock().await.expect("a store").is_some() {
            return;
        }
        let id = registered(store, 1).await.1.id;
        for day in 0..4 {
            for seconds in [0, 100, 200] {
                refresh(store, id, day * DAY + seconds).await;
                assert_eq!(last(store, None).await, Some(day * DAY + seconds));
            }
        }
        for day in 0..4 {
            let before = async |seconds| last(store, Some(NOW.plus(day * DAY + seconds))).await;
            assert_eq!(before(201).await, Some(day * DAY + 200));
            assert_eq!((before(200).await, before(1).await), (Some(day * DAY), Some(day * DAY)));
            let day_before = (day > 0).then_some((day - 1) * DAY + 200);
            assert_eq!(before(0).await, day_before);
        }
    })
    .await;
}
