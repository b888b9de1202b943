//! Too many calls, in words for people. They must not say whether there is such an account.

use shared::LimitedBy;

/// Why a call was refused because there were too many, and what to do about it where waiting is no remedy;
/// whole sentences.
#[must_use]
pub const fn why_limited(limited_by: Option<LimitedBy>) -> &'static str {
    match limited_by {
        Some(LimitedBy::WrongPasswords) => "Too many passwords in a row were wrong.",
        Some(LimitedBy::Lockout) => {
            "Too many passwords in a row were wrong, so logins with this email address are refused here. \
             Waiting is no remedy: log in on a device where you have logged in before, or ask the \
             administrator."
        }
        Some(LimitedBy::SessionLockout) => {
            "Too many passwords in a row were wrong, so this session can try no more. Log out, and log in \
             again."
        }
        _ => "That was too often.",
    }
}

/// Whether waiting is the remedy.
#[must_use]
pub const fn is_worth_waiting(limited_by: Option<LimitedBy>) -> bool {
    !matches!(limited_by, Some(LimitedBy::Lockout | LimitedBy::SessionLockout))
}

/// How long to wait, as one would say it.
#[must_use]
pub fn seconds(seconds: u32) -> String {
    match seconds {
        0..=1 => "a second".to_owned(),
        2..=90 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}
