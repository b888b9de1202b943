//! The status list's bits, updated with each revocation that is added or expires, so that no list is built from all
//! revoked sessions.

use std::collections::HashMap;

use crate::auth::revocation::status_index::PLACES;

/// One bit for each index; none is set until a list is requested.
#[derive(Default)]
pub(super) struct Places {
    /// Empty, or all of them: two megabytes.
    bits: Vec<u8>,
    /// How many more sessions share an index. Active sessions have different ones, unless two instances drew the same
    /// at once.
    shared: HashMap<u64, u32>,
    /// Changes with the bits.
    version: u64,
}

impl Places {
    /// Sets an index's bit.
    pub(super) fn take(&mut self, place: u64) {
        if self.bits.is_empty() {
            let bytes = usize::try_from(PLACES / 8).expect("two million");
            self.bits.resize(bytes, 0);
        }
        let (byte, bit) = position(place);
        if self.bits[byte] & bit != 0 {
            *self.shared.entry(place).or_default() += 1;
            return;
        }
        self.bits[byte] |= bit;
        self.version += 1;
    }

    /// Clears an index's bit, unless another session shares it.
    pub(super) fn leave(&mut self, place: u64) {
        if let Some(others) = self.shared.get_mut(&place) {
            *others -= 1;
            if *others == 0 {
                self.shared.remove(&place);
            }
            return;
        }
        let (byte, bit) = position(place);
        if let Some(byte) = self.bits.get_mut(byte) {
            *byte &= !bit;
            self.version += 1;
        }
    }

    /// Changes with the bits.
    pub(super) const fn version(&self) -> u64 {
        self.version
    }

    /// The bits, from the lowest of the first byte on (Token Status List section 4.1).
    pub(super) fn bits(&self) -> Vec<u8> {
        let bytes = usize::try_from(PLACES / 8).expect("two million");
        if self.bits.is_empty() { vec![0; bytes] } else { self.bits.clone() }
    }
}

fn position(place: u64) -> (usize, u8) {
    let byte = usize::try_from(place / 8).expect("every place is one of sixteen million");
    (byte, 1 << (place % 8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_bit_is_set_until_the_last_session_at_its_index_is_evicted() {
        let mut places = Places::default();
        assert!(places.bits().iter().all(|byte| *byte == 0));
        for place in [0, 7, 8, PLACES - 1, 8] {
            places.take(place);
        }
        let bits = places.bits();
        assert_eq!((bits[0], bits[1], bits[bits.len() - 1]), (0b1000_0001, 1, 0b1000_0000));
        let version = places.version();
        places.leave(8);
        assert_eq!((places.bits()[1], places.version()), (1, version), "another one holds it");
        places.leave(8);
        assert_eq!(places.bits()[1], 0);
        assert_ne!(places.version(), version);
    }
}
