//! The status lists' bits, updated with each revocation that is added or expires, so that no list is built from all
//! revoked sessions.

use std::collections::HashMap;

use crate::auth::revocation::status_index::{LIST_PLACES, LISTS, ListId, ListNumber, PLACES};

/// The bytes of one list.
const LIST_BYTES: usize = (LIST_PLACES / 8) as usize;

/// One bit for each place; none is set until a list is requested.
pub(super) struct Places {
    /// By the numbers of the lists, from 1 on.
    lists: Vec<Bits>,
    /// How many more sessions share a place. Active sessions have different ones, unless two instances drew the same
    /// at once.
    shared: HashMap<u64, u32>,
    /// Changes with the bits of any list.
    version: u64,
}

/// The bits of one list.
#[derive(Clone, Default)]
struct Bits {
    /// All of them; empty while none is set, so that a list without revocations takes no memory.
    bytes: Vec<u8>,
    /// How many are set.
    set: u32,
    /// The version of the places when a bit of this list changed last.
    version: u64,
}

impl Default for Places {
    fn default() -> Self {
        let lists = vec![Bits::default(); usize::from(LISTS)];
        Self { lists, shared: HashMap::new(), version: 0 }
    }
}

impl Places {
    /// Sets a place's bit.
    pub(super) fn take(&mut self, place: u64) {
        let (list, byte, bit) = position(place);
        let list = &mut self.lists[list];
        if list.bytes.is_empty() {
            list.bytes.resize(LIST_BYTES, 0);
        }
        if list.bytes[byte] & bit != 0 {
            *self.shared.entry(place).or_default() += 1;
            return;
        }
        self.version += 1;
        list.bytes[byte] |= bit;
        list.set += 1;
        list.version = self.version;
    }

    /// Clears a place's bit, unless another session shares it.
    pub(super) fn leave(&mut self, place: u64) {
        if let Some(others) = self.shared.get_mut(&place) {
            *others -= 1;
            if *others == 0 {
                self.shared.remove(&place);
            }
            return;
        }
        let (list, byte, bit) = position(place);
        let list = &mut self.lists[list];
        let Some(byte) = list.bytes.get_mut(byte).filter(|byte| **byte & bit != 0) else { return };
        self.version += 1;
        *byte &= !bit;
        list.set -= 1;
        list.version = self.version;
        if list.set == 0 {
            list.bytes = Vec::new();
        }
    }

    /// Changes with the bits of this list.
    pub(super) fn version(&self, list: ListId) -> u64 {
        match list {
            ListId::Numbered(list) => self.of(list).version,
            ListId::Whole => self.version,
        }
    }

    /// The bits of this list, from the lowest of the first byte on (Token Status List section 4.1).
    pub(super) fn bits(&self, list: ListId) -> Vec<u8> {
        let list = match list {
            ListId::Numbered(list) => self.of(list),
            ListId::Whole => return self.all_bits(),
        };
        if list.bytes.is_empty() { vec![0; LIST_BYTES] } else { list.bytes.clone() }
    }

    fn all_bits(&self) -> Vec<u8> {
        let mut all = vec![0; (PLACES / 8) as usize];
        for (bytes, list) in all.chunks_exact_mut(LIST_BYTES).zip(&self.lists) {
            if !list.bytes.is_empty() {
                bytes.copy_from_slice(&list.bytes);
            }
        }
        all
    }

    fn of(&self, list: ListNumber) -> &Bits {
        &self.lists[usize::from(list.get()) - 1]
    }
}

/// The list, the byte in it, and the bit in that.
fn position(place: u64) -> (usize, usize, u8) {
    let place_in_memory = usize::try_from(place).expect("every place is one of sixteen million");
    let (list, byte) = (place_in_memory / 8 / LIST_BYTES, place_in_memory / 8 % LIST_BYTES);
    (list, byte, 1 << (place % 8))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(number: &str) -> ListId {
        ListId::Numbered(ListNumber::parse(number).expect("a number"))
    }

    fn is_clear(bits: &[u8]) -> bool {
        bits.iter().all(|byte| *byte == 0)
    }

    #[test]
    fn a_status_bit_is_set_until_the_last_session_at_its_index_is_evicted() {
        let mut places = Places::default();
        assert!(is_clear(&places.bits(list("1"))));
        for place in [0, 7, 8, LIST_PLACES - 1, 8] {
            places.take(place);
        }
        let bits = places.bits(list("1"));
        assert_eq!(bits.len(), LIST_BYTES);
        assert_eq!((bits[0], bits[1], bits[LIST_BYTES - 1]), (0b1000_0001, 1, 0b1000_0000));
        let version = places.version(list("1"));
        places.leave(8);
        assert_eq!(places.bits(list("1"))[1], 1, "another one holds it");
        assert_eq!(places.version(list("1")), version);
        places.leave(8);
        assert_eq!(places.bits(list("1"))[1], 0);
        assert_ne!(places.version(list("1")), version);
    }

    #[test]
    fn a_bit_is_in_its_own_list_and_in_the_whole_one_alone() {
        let mut places = Places::default();
        let before = [list("1"), list("3"), ListId::Whole].map(|it| places.version(it));
        places.take(2 * LIST_PLACES + 9);
        assert_eq!(places.bits(list("3"))[1], 0b10);
        for other in ListNumber::all().filter(|it| it.get() != 3) {
            assert!(is_clear(&places.bits(ListId::Numbered(other))), "{other:?}");
        }
        let whole = places.bits(ListId::Whole);
        assert_eq!(whole.len(), 2 * 1024 * 1024);
        assert_eq!(whole[2 * LIST_BYTES + 1], 0b10);
        assert_eq!(whole.iter().filter(|byte| **byte != 0).count(), 1);
        let after = [list("1"), list("3"), ListId::Whole].map(|it| places.version(it));
        assert_eq!(after[0], before[0], "what has not changed keeps its version");
        assert!(after[1] != before[1] && after[2] != before[2]);
    }

    #[test]
    fn a_list_takes_memory_only_while_a_bit_of_it_is_set() {
        let mut places = Places::default();
        let taken =
            |places: &Places| places.lists.iter().filter(|it| it.bytes.capacity() > 0).count();
        assert_eq!(taken(&places), 0);
        for place in [5, PLACES - 1, 6] {
            places.take(place);
        }
        assert_eq!(taken(&places), 2);
        let version = places.version(list("1"));
        for place in [5, 6, 5] {
            places.leave(place);
        }
        assert_eq!(taken(&places), 1);
        assert!(places.version(list("1")) > version, "no version comes twice");
        assert!(is_clear(&places.bits(list("1"))));
        assert_eq!(places.bits(list("128"))[LIST_BYTES - 1], 0b1000_0000);
    }
}
