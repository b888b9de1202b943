//! Ids of new sessions, each with a place of its own in the status lists
//! ([`status_index`](crate::auth::revocation::status_index)).
//!
//! New sessions are in the current list, so that a small installation has one list in use, and a service fetches that
//! one. When twelve draws in a row are taken, which happens when a list is about half full, the next list becomes the
//! current one; after the last one the first, whose sessions were pruned by then, or have left half of it free.
//!
//! Instances do not agree on the current list: each asks the store for the list of the newest session, now and then.
//! Two that differ for a while have one list more in use.
//!
//! A session is stored some reads after its place was drawn. Until then an instance holds the place back itself.

use std::collections::{HashSet, VecDeque};
use std::iter::{repeat_n, successors};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use shared::{NumericDate, SessionId};

use crate::auth::error::AuthError;
use crate::auth::revocation::status_index::{ListNumber, in_list, place};
use crate::clock::{BootInstant, Clock};
use crate::entropy::Entropy;
use crate::store::{Store, StoreError};

/// Draws in one list. Of a list that is half full, a sequence of twelve is taken once in 4,096 logins.
pub const DRAWS: usize = 12;
/// In how many lists a place is sought. With half of all places taken, one login in 281 trillion fails.
const LISTS_TRIED: usize = 4;
/// How long the current list is remembered before the store is asked again.
const REMEMBERED: Duration = Duration::from_secs(600);
/// How long a place that was drawn is held back: longer than a login takes from the draw until its session is stored.
const HELD: Duration = Duration::from_secs(10);
/// How many places are held back at most, the latest ones: more logins than passwords are hashed in that time.
const MOST_HELD: usize = 4_096;

/// Draws the ids of new sessions.
pub struct SessionIds {
    store: Arc<dyn Store>,
    clock: Clock,
    entropy: Entropy,
    current: Mutex<Option<Current>>,
    drawn: Mutex<Drawn>,
}

#[derive(Clone, Copy)]
struct Current {
    list: ListNumber,
    /// When the store was asked.
    asked: BootInstant,
}

/// The places drawn last, whose sessions may not be stored yet.
#[derive(Default)]
struct Drawn {
    places: HashSet<u64>,
    /// The same in the order in which they were drawn.
    order: VecDeque<(BootInstant, u64)>,
}

impl SessionIds {
    /// Ids of sessions that this store has not.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Clock, entropy: Entropy) -> Self {
        let (current, drawn) = (Mutex::default(), Mutex::default());
        Self { store, clock, entropy, current, drawn }
    }

    /// A session id whose place no other session has: of two that share one, neither could be revoked alone.
    ///
    /// # Errors
    /// [`AuthError::Contended`] if every place drawn is taken; storage's.
    pub async fn draw(&self, now: NumericDate) -> Result<SessionId, AuthError> {
        let Some(current) = self.current().await? else {
            // The first session, in a list at random: a number must not tell how many sessions there were.
            loop {
                let id = self.entropy.session_id(now);
                if self.hold(id) {
                    return Ok(id);
                }
            }
        };
        for list in lists_of_draws(current) {
            let id = in_list(self.entropy.session_id(now), list);
            if self.hold(id) && !self.store.is_place_taken(id).await? {
                if list != current {
                    self.remember(list);
                }
                return Ok(id);
            }
        }
        Err(AuthError::Contended)
    }

    /// The current list, unless there is no session.
    async fn current(&self) -> Result<Option<ListNumber>, StoreError> {
        let asked = self.clock.boot_instant();
        if let Some(current) = *self.current.lock()
            && asked.since(current.asked) < REMEMBERED
        {
            return Ok(Some(current.list));
        }
        let list = self.store.last_session().await?.map(ListNumber::of);
        *self.current.lock() = list.map(|list| Current { list, asked });
        Ok(list)
    }

    /// Holds the place of this id back. `false` if it is.
    fn hold(&self, id: SessionId) -> bool {
        self.drawn.lock().hold(place(id), self.clock.boot_instant())
    }

    fn remember(&self, list: ListNumber) {
        if let Some(current) = &mut *self.current.lock() {
            current.list = list;
        }
    }
}

impl Drawn {
    fn hold(&mut self, place: u64, now: BootInstant) -> bool {
        while let Some((at, oldest)) = self.order.front().copied()
            && (now.since(at) >= HELD || self.order.len() >= MOST_HELD)
        {
            self.order.pop_front();
            self.places.remove(&oldest);
        }
        let is_free = self.places.insert(place);
        if is_free {
            self.order.push_back((now, place));
        }
        is_free
    }
}

/// In which list each draw of one session is.
fn lists_of_draws(current: ListNumber) -> impl Iterator<Item = ListNumber> {
    let lists = successors(Some(current), |list| Some(list.successor())).take(LISTS_TRIED);
    lists.flat_map(|list| repeat_n(list, DRAWS))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::auth::revocation::status_index::{LIST_PLACES, index};

    const NOW: NumericDate = NumericDate(1_800_000_000);

    #[test]
    fn a_list_is_about_half_full_when_the_next_one_becomes_the_current() {
        let entropy = Entropy::seeded(7);
        let first = ListNumber::of(entropy.session_id(NOW));
        let (mut list, mut taken) = (first, HashSet::new());
        while list == first {
            let free = |drawn: &ListNumber| {
                let id = in_list(entropy.session_id(NOW), *drawn);
                // Other lists are empty.
                *drawn != first || taken.insert(index(id))
            };
            list = lists_of_draws(first).find(free).expect("the next list is free");
        }
        assert_eq!(list, first.successor());
        let percent = 100 * taken.len() / usize::try_from(LIST_PLACES).expect("few");
        assert!((30..70).contains(&percent), "{percent} %");
    }

    #[test]
    fn a_place_is_held_back_for_ten_seconds() {
        let start = Clock::manual(NOW).boot_instant();
        let later = |seconds| start + Duration::from_secs(seconds);
        let mut drawn = Drawn::default();
        assert!(drawn.hold(1, start) && drawn.hold(2, later(5)));
        for seconds in [0, 5, 9] {
            assert!(!drawn.hold(1, later(seconds)), "{seconds}");
        }
        assert!(drawn.hold(1, later(10)), "its time does not begin again with a vain draw");
        assert!(!drawn.hold(2, later(14)) && drawn.hold(2, later(15)));
        assert_eq!((drawn.places.len(), drawn.order.len()), (2, 2));
    }

    #[test]
    fn the_places_held_back_are_bounded() {
        let start = Clock::manual(NOW).boot_instant();
        let mut drawn = Drawn::default();
        for place in 0..3 * MOST_HELD as u64 {
            assert!(drawn.hold(place, start));
        }
        assert_eq!((drawn.places.len(), drawn.order.len()), (MOST_HELD, MOST_HELD));
        assert!(!drawn.hold(3 * MOST_HELD as u64 - 1, start), "the latest ones stay");
        assert!(drawn.hold(0, start));
    }

    #[test]
    fn a_place_is_sought_in_four_lists() {
        let first = ListNumber::parse("127").expect("a number");
        let numbers: Vec<u8> = lists_of_draws(first).map(ListNumber::get).collect();
        assert_eq!(numbers.len(), LISTS_TRIED * DRAWS);
        assert_eq!([numbers[0], numbers[12], numbers[24], numbers[36]], [127, 128, 1, 2]);
    }
}
