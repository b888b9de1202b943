//! Messages of rate limits and lockouts. They must not disclose whether an account exists.

use shared::LimitedBy;

/// Why a call was rate-limited, and the remedy where waiting does not help; whole sentences.
#[must_use]
pub const fn why_limited(limited_by: Option<LimitedBy>) -> &'static str {
    match limited_by {
        Some(LimitedBy::WrongPasswords) => "Too many passwords in a row were wrong.",
        Some(LimitedBy::Lockout) => {
            "Too many passwords in a row were wrong, so logins with this email address are refused here. \
             Waiting does not help: log in on a device where you have logged in before, or ask the \
             administrator."
        }
        Some(LimitedBy::SessionLockout) => {
            "Too many passwords in a row were wrong, so this session can try no more. Log out, and log in \
             again."
        }
        _ => "There were too many attempts.",
    }
}

/// Whether waiting helps: it does not in a lockout.
#[must_use]
pub const fn is_worth_waiting(limited_by: Option<LimitedBy>) -> bool {
    !matches!(limited_by, Some(LimitedBy::Lockout | LimitedBy::SessionLockout))
}

/// A duration in words.
#[must_use]
pub fn seconds(seconds: u32) -> String {
    match seconds {
        0..=1 => "a second".to_owned(),
        2..=90 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}
