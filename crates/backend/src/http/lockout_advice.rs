//! The advice in the answer to a throttled password attempt, such as one in a lockout. It must not depend on the
//! account. The limits themselves: `auth/login/login_throttle.rs`, `auth/rate_limit.rs`.

use shared::LimitedBy;

/// What a user can do about a limit on wrong passwords. It must not reveal whether the account exists.
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
