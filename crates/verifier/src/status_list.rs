//! Status lists (draft-ietf-oauth-status-list): a long row of small numbers, one for each session,
//! that says which sessions have ended. It must not know where lists are published or who signs
//! them. Next: `status_list/token.rs` for the token a list travels in, `status_list/zlib.rs`.
//!
//! An issuer writes a list with [`StatusList::of_ended`] and [`StatusList::to_lst`] and signs it;
//! a service reads it with [`Verifier::verify_status_list`](crate::Verifier::verify_status_list).

pub(crate) mod token;
mod zlib;

pub use token::StatusListToken;

use crate::{Rejection, base64url};
use zlib::Effort;

/// What a list holds at most once it is decompressed: the status of 33 million sessions. Whatever
/// is larger is refused before it is in memory.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Of how many sessions that have ended a list is compressed as far as it goes. Beyond that, noise is all there is
/// to compress: a million of 16 million take 1.2 s instead of 50 ms, for a list that is a tenth smaller.
const FEW: u64 = 20_000;

/// What a list says about one token (Token Status List section 7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// 0: valid, as far as the list knows.
    Valid,
    /// 1: revoked, for good.
    Invalid,
    /// 2: not valid for now.
    Suspended,
    /// Any other number, whose meaning is somebody else's.
    Other(u8),
}

impl From<u8> for Status {
    fn from(number: u8) -> Self {
        match number {
            0 => Self::Valid,
            1 => Self::Invalid,
            2 => Self::Suspended,
            other => Self::Other(other),
        }
    }
}

/// The status of many tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusList {
    /// For each token: 1, 2, 4 or 8.
    bits: u8,
    bytes: Vec<u8>,
}

impl StatusList {
    /// A list with one bit for each of `places` sessions, set for those in `ended`. It is as long as
    /// whole bytes make it. `None` if it would be longer than anybody reads (4 MiB), or if one of
    /// `ended` has no place in it.
    ///
    /// ```
    /// use verifier::{Status, StatusList};
    ///
    /// let list = StatusList::of_ended([3], 16).expect("a short list");
    /// assert_eq!(list.get(3), Some(Status::Invalid));
    /// assert_eq!(list.get(4), Some(Status::Valid));
    /// assert_eq!(list.get(16), None);
    /// ```
    #[must_use]
    pub fn of_ended(revoked: impl IntoIterator<Item = u64>, places: u64) -> Option<Self> {
        let length = usize::try_from(places.div_ceil(8)).ok().filter(|it| *it <= MAX_BYTES)?;
        let mut bytes = vec![0; length];
        for place in revoked {
            if place >= places {
                return None;
            }
            let byte = bytes.get_mut(usize::try_from(place / 8).ok()?)?;
            *byte |= 1 << (place % 8);
        }
        Some(Self { bits: 1, bytes })
    }

    /// A list of these bits, one for each session, from the lowest one of the first byte on. `None` if it would be
    /// longer than anybody reads.
    #[must_use]
    pub fn of_bits(bytes: Vec<u8>) -> Option<Self> {
        (bytes.len() <= MAX_BYTES).then_some(Self { bits: 1, bytes })
    }

    /// Reads `lst`: base64url of the zlib form of the row.
    pub(crate) fn from_lst(bits: u8, lst: &str) -> Result<Self, Rejection> {
        let compressed = base64url::decode(lst).ok_or(Rejection::ClaimValue("lst"))?;
        let bytes = zlib::inflate(&compressed, MAX_BYTES).ok_or(Rejection::StatusListData)?;
        Ok(Self { bits, bytes })
    }

    /// Writes `lst`, the member of the claim `status_list`, the same text for the same list.
    #[must_use]
    pub fn to_lst(&self) -> String {
        let set: u64 = self.bytes.iter().map(|byte| u64::from(byte.count_ones())).sum();
        let effort = if set <= FEW { Effort::Best } else { Effort::Fast };
        base64url::encode(&zlib::deflate(&self.bytes, effort))
    }

    /// How many bits each status has, the claim's member `bits`.
    #[must_use]
    pub const fn bits(&self) -> u8 {
        self.bits
    }

    /// The status at `idx`, counted from 0; `None` beyond the end.
    #[must_use]
    pub fn get(&self, idx: u64) -> Option<Status> {
        // Section 4.1: from the lowest bit of the first byte on.
        let per_byte = u64::from(8 / self.bits);
        let byte = *self.bytes.get(usize::try_from(idx / per_byte).ok()?)?;
        let shift = u8::try_from(idx % per_byte).expect("at most seven") * self.bits;
        Some(Status::from((byte >> shift) & (u8::MAX >> (8 - self.bits))))
    }
}
