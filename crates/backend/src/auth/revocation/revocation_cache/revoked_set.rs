//! A set of revoked sessions that may hold a million: each takes some forty bytes, and no step takes long, neither
//! growing nor pruning.

use std::collections::{BTreeMap, HashMap};

use shared::{NumericDate, RevocationReason, SessionId};

use super::status_bits::Places;
use crate::auth::revocation::status_index::{ListId, place};
use crate::store::RevokedSession;

/// A table that grows moves all its entries: with a million in one, a look-up would block for 50 ms.
const SHARDS: usize = 256;

/// The revoked sessions, why, and when each was added.
pub(super) struct RevokedSet {
    /// By the last byte of the id, which is random.
    shards: Vec<HashMap<SessionId, RevocationReason>>,
    /// The same sessions in the order in which they will be pruned.
    by_second: BTreeMap<NumericDate, Vec<SessionId>>,
    /// The status lists' bits of the revocations added at `listed_from` or later.
    places: Places,
    listed_from: NumericDate,
}

impl Default for RevokedSet {
    fn default() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| HashMap::new()).collect(),
            by_second: BTreeMap::new(),
            places: Places::default(),
            listed_from: NumericDate(i64::MAX),
        }
    }
}

impl RevokedSet {
    /// The first reason stays, and so does the first time.
    pub(super) fn insert(&mut self, RevokedSession { session, reason, at }: RevokedSession) {
        let shard = self.shard(session);
        if shard.contains_key(&session) {
            return;
        }
        shard.insert(session, reason);
        self.by_second.entry(at).or_default().push(session);
        if at >= self.listed_from {
            self.places.take(place(session));
        }
    }

    pub(super) fn reason(&self, session: SessionId) -> Option<RevocationReason> {
        self.shards[index(session)].get(&session).copied()
    }

    pub(super) fn count(&self) -> usize {
        self.shards.iter().map(HashMap::len).sum()
    }

    /// Prunes some revocations added before `at`. Returns whether there are more.
    pub(super) fn forget_some_before(&mut self, at: NumericDate, most: usize) -> bool {
        let mut left = most;
        while let Some(mut oldest) = self.by_second.first_entry().filter(|it| *it.key() < at) {
            let (second, sessions) = (*oldest.key(), oldest.get_mut());
            let gone = sessions.split_off(sessions.len().saturating_sub(left));
            if sessions.is_empty() {
                oldest.remove();
            }
            left -= gone.len();
            for session in gone {
                self.forget(session, second);
            }
            if left == 0 {
                return true;
            }
        }
        false
    }

    fn forget(&mut self, session: SessionId, second: NumericDate) {
        let shard = self.shard(session);
        shard.remove(&session);
        // After a crowd is pruned, its memory is freed.
        if shard.capacity() > 64 && shard.len() < shard.capacity() / 8 {
            shard.shrink_to(shard.len() * 2);
        }
        if second >= self.listed_from {
            self.places.leave(place(session));
        }
    }

    /// Has the status lists hold the revocations added since.
    pub(super) fn list_since(&mut self, since: NumericDate) {
        if since > self.listed_from {
            for session in self.by_second.range(self.listed_from..since).flat_map(|(_, it)| it) {
                self.places.leave(place(*session));
            }
        } else {
            for session in self.by_second.range(since..self.listed_from).flat_map(|(_, it)| it) {
                self.places.take(place(*session));
            }
        }
        self.listed_from = since;
    }

    /// A status list's bits: their version, and the bits unless `known` is that version.
    pub(super) fn listing(&self, list: ListId, known: Option<u64>) -> (u64, Option<Vec<u8>>) {
        let version = self.places.version(list);
        (version, (known != Some(version)).then(|| self.places.bits(list)))
    }

    fn shard(&mut self, session: SessionId) -> &mut HashMap<SessionId, RevocationReason> {
        &mut self.shards[index(session)]
    }
}

fn index(session: SessionId) -> usize {
    let [.., last] = *session.as_bytes();
    usize::from(last) % SHARDS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::revocation::status_index::ListNumber;

    const NOW: NumericDate = NumericDate(1_800_000_000);

    /// Session `number`, with a status list index of its own.
    fn session(number: u32) -> SessionId {
        let mut id = [0; 16];
        id[12..].copy_from_slice(&number.to_be_bytes());
        SessionId::from_bytes(id)
    }

    fn revoked(number: u32, seconds: i64) -> RevokedSession {
        RevokedSession {
            session: session(number),
            reason: RevocationReason::Logout,
            at: NOW.plus(seconds),
        }
    }

    /// The indexes whose bits are set.
    fn listed(set: &mut RevokedSet, seconds: i64) -> Vec<usize> {
        set.list_since(NOW.plus(seconds));
        let bits = set.listing(ListId::Whole, None).1.expect("not known");
        let bytes = bits.iter().enumerate().filter(|(_, byte)| **byte != 0);
        bytes
            .flat_map(|(at, byte)| {
                (0..8).filter(move |bit| byte & (1 << bit) != 0).map(move |bit| at * 8 + bit)
            })
            .collect()
    }

    #[test]
    fn the_first_reason_is_kept_and_the_oldest_revocations_are_evicted() {
        let mut set = RevokedSet::default();
        for (number, seconds) in [(1, 0), (2, 1), (3, 1), (4, 5)] {
            set.insert(revoked(number, seconds));
        }
        set.insert(RevokedSession { reason: RevocationReason::Replay, ..revoked(1, 9) });
        assert_eq!((set.reason(session(1)), set.count()), (Some(RevocationReason::Logout), 4));
        assert!(!set.forget_some_before(NOW, 10));
        assert_eq!(set.count(), 4);
        assert!(set.forget_some_before(NOW.plus(5), 2), "there is a third");
        assert_eq!(set.count(), 2);
        assert!(!set.forget_some_before(NOW.plus(5), 2));
        assert_eq!((set.count(), set.reason(session(4))), (1, Some(RevocationReason::Logout)));
        assert_eq!(set.reason(session(1)), None);
    }

    #[test]
    fn the_list_holds_revocations_since_its_edge_wherever_it_moves() {
        let mut set = RevokedSet::default();
        for (number, seconds) in [(1, 0), (2, 10), (3, 20)] {
            set.insert(revoked(number, seconds));
        }
        assert_eq!(listed(&mut set, 10), [2, 3]);
        // A revocation added before the edge, and one after it.
        set.insert(revoked(4, 5));
        set.insert(revoked(5, 15));
        assert_eq!(listed(&mut set, 10), [2, 3, 5]);
        assert_eq!(listed(&mut set, 16), [3]);
        assert_eq!(listed(&mut set, 0), [1, 2, 3, 4, 5]);
        assert!(!set.forget_some_before(NOW.plus(10), 10));
        assert_eq!(listed(&mut set, 0), [2, 3, 5]);
    }

    /// The second list may be signed while the first one is, and that again after it.
    #[test]
    fn lists_signed_under_two_looks_have_the_edge_of_the_later_one() {
        let mut set = RevokedSet::default();
        let (first, second) = (8, 8 + (1 << 17));
        for (number, seconds) in [(first, 0), (first + 1, 10), (second, 0), (second + 1, 10)] {
            set.insert(revoked(number, seconds));
        }
        let list = |number: u32| ListId::Numbered(ListNumber::of(session(number)));
        let byte = |set: &RevokedSet, number| set.listing(list(number), None).1.map(|it| it[1]);
        set.list_since(NOW);
        assert_eq!(byte(&set, first), Some(0b11));
        set.list_since(NOW.plus(5));
        let (version, _) = set.listing(ListId::Whole, None);
        for number in [second, first, second, first] {
            assert_eq!(byte(&set, number), Some(0b10), "{number}");
        }
        assert_eq!(set.listing(ListId::Whole, Some(version)), (version, None), "nothing moved");
    }

    #[test]
    fn what_has_not_changed_is_not_copied() {
        let mut set = RevokedSet::default();
        set.list_since(NOW);
        set.insert(revoked(1, 0));
        let list = |number: u32| ListId::Numbered(ListNumber::of(session(number)));
        for list in [list(1), ListId::Whole] {
            let (version, bits) = set.listing(list, None);
            assert!(bits.is_some());
            assert_eq!(set.listing(list, Some(version)), (version, None));
            set.insert(revoked(2 + u32::from(list.number()), 1));
            let (changed, bits) = set.listing(list, Some(version));
            assert!(changed != version && bits.is_some());
        }
        // A session of another list.
        let (version, _) = set.listing(list(1), None);
        set.insert(revoked(1 << 17, 2));
        assert_eq!(set.listing(list(1), Some(version)), (version, None));
    }

    #[test]
    fn an_evicted_bulk_revocation_leaves_no_memory_behind() {
        let mut set = RevokedSet::default();
        for number in 0..100_000 {
            set.insert(revoked(number, 0));
        }
        let capacity = |set: &RevokedSet| set.shards.iter().map(HashMap::capacity).sum::<usize>();
        assert!(capacity(&set) >= 100_000);
        while set.forget_some_before(NOW.plus(1), 1_000) {}
        assert!(set.by_second.is_empty() && capacity(&set) < 20_000, "{}", capacity(&set));
    }
}
