//! Status lists (draft-ietf-oauth-status-list): one small number for each session publishes the revocations. Next:
//! `status_list/token.rs` for the token that carries a list, `status_list/zlib.rs`.
//!
//! An issuer writes a list with [`StatusList::of_revoked`] and [`StatusList::to_lst`] and signs it; a service reads
//! it with [`Verifier::verify_status_list`](crate::Verifier::verify_status_list).

pub(crate) mod token;
mod zlib;

pub use token::StatusListToken;

use crate::{Rejection, base64url};
use zlib::Effort;

/// The largest decompressed list: the status of 33 million sessions. A limit against decompression bombs: a larger
/// list is rejected before it is in memory.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Up to so many revocations a list is compressed at the best level. Beyond that it is mostly noise: a million
/// revocations of 16 million sessions take 1.2 s instead of 50 ms, for a list that is a tenth smaller.
const FEW: u64 = 20_000;

/// The status of one token (Token Status List section 7.1).
///
/// Exhaustive on purpose: a server must handle every case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// 0: valid, as far as this list knows.
    Valid,
    /// 1: permanently revoked.
    Invalid,
    /// 2: temporarily invalid.
    Suspended,
    /// Any other number: application-specific or reserved.
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
    /// The size of one status: 1, 2, 4 or 8.
    bits: u8,
    bytes: Vec<u8>,
}

impl StatusList {
    /// A list with one bit for each of `places` sessions, set for the indices in `revoked`, and rounded up to whole
    /// bytes. `None` if it would exceed 4 MiB, the limit of readers, or if an index in `revoked` is beyond it.
    ///
    /// ```
    /// use verifier::{Status, StatusList};
    ///
    /// let list = StatusList::of_revoked([3], 16).expect("a short list");
    /// assert_eq!(list.get(3), Some(Status::Invalid));
    /// assert_eq!(list.get(4), Some(Status::Valid));
    /// assert_eq!(list.get(16), None);
    /// ```
    #[must_use]
    pub fn of_revoked(revoked: impl IntoIterator<Item = u64>, places: u64) -> Option<Self> {
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

    /// A list of these bits, one for each session, from the lowest bit of the first byte on. `None` if it would
    /// exceed 4 MiB.
    #[must_use]
    pub fn of_bits(bytes: Vec<u8>) -> Option<Self> {
        (bytes.len() <= MAX_BYTES).then_some(Self { bits: 1, bytes })
    }

    /// Parses `lst`: base64url of the compressed list.
    pub(crate) fn from_lst(bits: u8, lst: &str) -> Result<Self, Rejection> {
        let compressed = base64url::decode(lst).ok_or(Rejection::ClaimValue("lst"))?;
        let bytes = zlib::inflate(&compressed, MAX_BYTES).ok_or(Rejection::StatusListData)?;
        Ok(Self { bits, bytes })
    }

    /// Serializes `lst`, the member of the claim `status_list`, the same text for the same list.
    #[must_use]
    pub fn to_lst(&self) -> String {
        let set: u64 = self.bytes.iter().map(|byte| u64::from(byte.count_ones())).sum();
        let effort = if set <= FEW { Effort::Best } else { Effort::Fast };
        base64url::encode(&zlib::deflate(&self.bytes, effort))
    }

    /// The size of one status in bits, the claim's member `bits`.
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
