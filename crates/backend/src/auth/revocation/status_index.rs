//! The place of a session in the status lists (draft-ietf-oauth-status-list section 6): the last three bytes of the
//! session id. Their upper 7 bits choose one of 128 lists, the other 17, which are random, are the index in it. So no
//! place has to be stored, and a list is as long for three sessions as for a hundred thousand.
//!
//! Which list a new session is in: [`session_ids`](crate::auth::token::session_ids).

use shared::SessionId;

/// The number of lists.
pub const LISTS: u8 = 128;
/// The number of indexes in one list: 16 KiB of bits.
pub const LIST_PLACES: u64 = 1 << 17;
/// The number of places in all lists: one for each value of the last three bytes of a session id.
pub const PLACES: u64 = LIST_PLACES * LISTS as u64;

/// One of the lists, by its number: 1 to 128, as in its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListNumber(u8);

/// A published list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListId {
    /// One of the lists that access tokens refer to.
    Numbered(ListNumber),
    /// All of them as one list of 16 million places, under number 0: access tokens of version 0.1 refer to it.
    Whole,
}

impl ListNumber {
    /// The list in which this session has its place.
    #[must_use]
    pub fn of(session: SessionId) -> Self {
        let [.., a, _, _] = *session.as_bytes();
        Self((a >> 1) + 1)
    }

    /// Parses the one spelling that a number has in a path.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let number: u8 = text.parse().ok()?;
        let is_one = (1..=LISTS).contains(&number) && number.to_string() == text;
        is_one.then_some(Self(number))
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// The next list; after the last one, the first.
    #[must_use]
    pub const fn successor(self) -> Self {
        Self(self.0 % LISTS + 1)
    }

    /// All lists, in the order of their numbers.
    pub fn all() -> impl Iterator<Item = Self> {
        (1..=LISTS).map(Self)
    }
}

impl ListId {
    /// The number in its path.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Numbered(list) => list.get(),
            Self::Whole => 0,
        }
    }
}

/// A session's place among those of all lists: its index in the whole list.
#[must_use]
pub fn place(session: SessionId) -> u64 {
    let [.., a, b, c] = *session.as_bytes();
    u64::from_be_bytes([0, 0, 0, 0, 0, a, b, c])
}

/// A session's index in its own list (`idx`, Token Status List section 6.1).
#[must_use]
pub fn index(session: SessionId) -> u64 {
    place(session) % LIST_PLACES
}

/// This id with its place in `list`, at the same index.
#[must_use]
pub fn in_list(session: SessionId, list: ListNumber) -> SessionId {
    let mut bytes = *session.as_bytes();
    let [.., a, _, _] = &mut bytes;
    *a = ((list.0 - 1) << 1) | (*a & 1);
    SessionId::from_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ending(end: [u8; 3]) -> SessionId {
        let mut id = [7; 16];
        id[13..].copy_from_slice(&end);
        SessionId::from_bytes(id)
    }

    #[test]
    fn every_place_is_an_index_in_one_list() {
        for (end, number, idx) in [
            ([0, 0, 0], 1, 0),
            ([1, 0xff, 0xff], 1, LIST_PLACES - 1),
            ([2, 0, 0], 2, 0),
            ([0xfe, 0, 7], 128, 7),
            ([0xff, 0xff, 0xff], 128, LIST_PLACES - 1),
        ] {
            let session = ending(end);
            assert_eq!((ListNumber::of(session).get(), index(session)), (number, idx), "{end:?}");
            assert_eq!(place(session), (u64::from(number) - 1) * LIST_PLACES + idx, "{end:?}");
        }
        assert_eq!(place(ending([0xff; 3])), PLACES - 1);
    }

    #[test]
    fn a_session_is_moved_to_any_list_at_its_index() {
        let session = ending([0xab, 0xcd, 0xef]);
        for list in ListNumber::all() {
            let moved = in_list(session, list);
            assert_eq!((ListNumber::of(moved), index(moved)), (list, index(session)));
            assert_eq!(moved.as_bytes()[..13], session.as_bytes()[..13]);
        }
        assert_eq!(ListNumber::all().count(), usize::from(LISTS));
    }

    #[test]
    fn a_number_has_one_spelling() {
        for list in ListNumber::all() {
            assert_eq!(ListNumber::parse(&list.get().to_string()), Some(list));
        }
        for text in ["", "0", "129", "01", "+1", "-1", "1 ", "1.0", "١", "256", "99999999999"] {
            assert_eq!(ListNumber::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn after_the_last_list_the_first_one_is_next() {
        let numbers: Vec<u8> = ListNumber::all().map(|list| list.successor().get()).collect();
        assert_eq!((numbers[0], numbers[126], numbers[127]), (2, 128, 1));
    }
}
