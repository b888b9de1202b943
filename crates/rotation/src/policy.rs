//! How long a family may live. It must not read a clock: `now` is handed in.

use shared::NumericDate;

use crate::Family;

/// The two limits of a session, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// A family that is not refreshed for so long is over.
    pub idle_seconds: i64,
    /// A family is over so long after sign-in, however often it was refreshed. Rotation never
    /// extends it (RFC 10017).
    pub absolute_seconds: i64,
}

impl Policy {
    /// When the family is over unless it is refreshed before.
    #[must_use]
    pub fn expires_at(&self, family: &Family) -> NumericDate {
        let idle = family.accepted_at.plus(self.idle_seconds);
        let absolute = family.created_at.plus(self.absolute_seconds);
        idle.min(absolute)
    }

    pub(crate) fn has_expired(&self, family: &Family, now: NumericDate) -> bool {
        now >= self.expires_at(family)
    }
}
