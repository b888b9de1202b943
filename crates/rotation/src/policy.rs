//! Expiry of a family, idle and absolute. `now` is passed in.

use types::NumericDate;

use crate::Family;

/// The two TTLs of a session, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Idle expiry: seconds since the last refresh, or since sign-in.
    pub idle_seconds: i64,
    /// Absolute expiry: seconds since sign-in. Rotation never extends it (RFC 10017).
    pub absolute_seconds: i64,
}

impl Policy {
    /// When the family expires unless it is refreshed.
    #[must_use]
    pub fn expires_at<Reason>(&self, family: &Family<Reason>) -> NumericDate {
        let idle = family.accepted_at.plus(self.idle_seconds);
        let absolute = family.created_at.plus(self.absolute_seconds);
        idle.min(absolute)
    }

    pub(crate) fn has_expired<Reason>(&self, family: &Family<Reason>, now: NumericDate) -> bool {
        now >= self.expires_at(family)
    }
}
