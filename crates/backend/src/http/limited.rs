//! What the answer to a call beyond a limit says there is to do. It must not know which account it is about.

use shared::LimitedBy;

/// What there is to do about a limit on wrong passwords. It must not depend on whether there is such an
/// account.
pub(super) const fn what_to_do(limited_by: LimitedBy) -> &'static str {
    match limited_by {
        LimitedBy::Lockout => {
            "Too many passwords in a row were wrong for this email address. Waiting is no remedy: log in on \
             a device where you have logged in before, or ask the administrator."
        }
        LimitedBy::SessionLockout => {
            "Too many passwords in a row were wrong in this session. Log out, and log in again."
        }
        _ => "Too many passwords in a row were wrong. Each further one has to wait for longer.",
    }
}
