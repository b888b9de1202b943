//! Messages for users: the one place that turns the names of [`shared::event`] into sentences. It must not know views
//! or the browser.

mod limited;
mod no_cookie;
mod refreshes;
mod refused_origin;

use shared::body::Event;
use shared::{Device, DeviceKind, EventKind, RevocationReason};

pub use limited::{is_worth_waiting, seconds, why_limited};
pub use no_cookie::{
    COOKIES_ARE_GONE, GONE_WITH_THE_PAGE, LASTED_AS_LONG_AS_ITS_TOKEN, TAKES_A_COOKIE, ends_at,
    no_login_lasts, removed_before,
};
pub use refreshes::how_often;
pub use refused_origin::why_not_from_here;

/// Severity of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// An expected action.
    Calm,
    /// Worth checking: the user may not have done it.
    Notable,
    /// A possible or actual attack.
    Alarm,
}

/// The filters of the activity page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// All events except those of refreshes.
    Everything,
    /// Logins, and failed logins.
    Logins,
    /// Logouts, revocations and alerts.
    LogoutsAndAlerts,
    /// Retries and late copies of refreshes, refreshes after the server had lost data, and those that servers before
    /// 0.2 recorded one by one.
    Refreshes,
}

impl Filter {
    /// All filters, in the order of their buttons.
    pub const ALL: [Self; 4] =
        [Self::Everything, Self::Logins, Self::LogoutsAndAlerts, Self::Refreshes];

    /// The label of the button.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Everything => "All activity",
            Self::Logins => "Logins",
            Self::LogoutsAndAlerts => "Logouts and alerts",
            Self::Refreshes => "Refreshes",
        }
    }

    /// The text for an empty list.
    #[must_use]
    pub const fn nothing(self) -> &'static str {
        match self {
            Self::Everything => "There is no activity on record.",
            Self::Logins => "There are no logins on record, and no failed ones.",
            Self::LogoutsAndAlerts => "There are no logouts on record, and no alerts.",
            Self::Refreshes => {
                "No unusual refresh is on record. How often each session was refreshed is under Sessions."
            }
        }
    }

    /// The kinds of events that the filter selects.
    #[must_use]
    pub fn kinds(self) -> Vec<EventKind> {
        EventKind::ALL.iter().copied().filter(|kind| self.takes(*kind)).collect()
    }

    fn takes(self, kind: EventKind) -> bool {
        use EventKind as K;
        let refresh = matches!(kind, K::Refreshed | K::Recovered | K::AnsweredAgain | K::Duplicate);
        match self {
            Self::Everything => !refresh,
            Self::Refreshes => refresh,
            Self::Logins => matches!(
                kind,
                K::Registered | K::LoggedIn | K::LoginFailed | K::NewDevice | K::NewNetwork
            ),
            Self::LogoutsAndAlerts => {
                tone(kind) == Tone::Alarm
                    || matches!(kind, K::LoggedOut | K::SessionEnded | K::OthersEnded)
            }
        }
    }
}

/// Severity of an event.
#[must_use]
pub const fn tone(kind: EventKind) -> Tone {
    use EventKind as K;
    match kind {
        K::LoginFailed
        | K::ConfirmFailed
        | K::Replayed
        | K::Limited
        | K::DeviceChanged
        | K::ImpossibleGap
        | K::Disabled => Tone::Alarm,
        K::NewDevice
        | K::NewNetwork
        | K::NetworkChanged
        | K::PasswordChanged
        | K::SessionEnded
        | K::OthersEnded
        | K::Duplicate => Tone::Notable,
        _ => Tone::Calm,
    }
}

/// Description of an event; a sentence.
#[must_use]
pub fn what_happened(event: &Event) -> String {
    use EventKind as K;
    let by = client(event);
    match event.kind {
        K::Registered => format!("The account was created with {by}."),
        K::LoggedIn => format!("Logged in with {by}."),
        K::LoginFailed => {
            format!("A login failed: the password was wrong. It was tried with {by}.")
        }
        K::Refreshed => format!("The session was refreshed with {by}."),
        K::Recovered => {
            format!(
                "The session was refreshed with {by}, although the server had lost its latest entries."
            )
        }
        K::AnsweredAgain => {
            format!("The same refresh was sent again from {by}, and got the same answer.")
        }
        K::Duplicate => {
            format!("A late copy of an answered refresh came from {by}. No token was issued.")
        }
        K::Replayed => {
            "A refresh token was used a second time, and not by a retry of the first use, so the \
            session was logged out. A copy of the token may be in other hands."
                .to_owned()
        }
        K::LoggedOut => format!("Logged out with {by}."),
        K::OthersEnded => format!("All other devices were logged out, with {by}."),
        K::SessionEnded => why_one_ended(event.cause).to_owned(),
        K::Confirmed => format!("The password was entered again, with {by}."),
        K::ConfirmFailed => {
            format!("A wrong password was entered where it was asked for again, with {by}.")
        }
        K::PasswordChanged => {
            format!("The password was changed with {by}. All other devices were logged out.")
        }
        K::NameChanged => format!("The name was changed with {by}."),
        K::Limited => {
            format!("There were too many attempts, so some were refused. They came from {by}.")
        }
        K::NewDevice => format!("A login on a new device: {by}."),
        K::NewNetwork => format!("A login from a new network: {by}."),
        K::NetworkChanged => format!("A session was used from another network: {by}."),
        K::DeviceChanged => {
            format!("A session was used on another device, or in another browser: {by}.")
        }
        K::DesktopSite => format!(
            "A session switched between the desktop and the mobile version of this site: {by}."
        ),
        K::ImpossibleGap => {
            format!(
                "A session was used from another network and on another device within a minute: {by}."
            )
        }
        K::Disabled => "An administrator disabled the account.".to_owned(),
        K::Enabled => "An administrator enabled the account again.".to_owned(),
        _ => "An event that this page is too old to name. Reload it.".to_owned(),
    }
}

/// "Firefox on Linux from 203.0.113.9".
#[must_use]
pub fn client(event: &Event) -> String {
    match &event.ip {
        Some(ip) => format!("{} from {ip}", event.device),
        None => event.device.to_string(),
    }
}

/// Why one of several sessions was revoked; a sentence for the activity page.
const fn why_one_ended(reason: Option<RevocationReason>) -> &'static str {
    match reason {
        Some(RevocationReason::Logout) => "A session was logged out by its user.",
        Some(RevocationReason::Replay) => {
            "A session was logged out, because its refresh token was used a second time."
        }
        Some(RevocationReason::User) => "A session was logged out from another of your sessions.",
        Some(RevocationReason::PasswordChange) => {
            "A session was logged out, because the password was changed."
        }
        Some(RevocationReason::Suspicion) => {
            "A session was logged out, because it was used on another device or network than before."
        }
        Some(RevocationReason::Administrator) => "An administrator logged out a session.",
        Some(RevocationReason::Disabled) => {
            "A session was logged out, because the account was disabled."
        }
        Some(RevocationReason::Deleted) => "A session was deleted with the account.",
        Some(RevocationReason::Login) => {
            "A session was logged out, because its browser logged in again."
        }
        Some(RevocationReason::TooMany) => {
            "The least recently active session was logged out: there were more than an account may have."
        }
        _ => "A session was logged out.",
    }
}

/// Why this session was revoked, for its user; whole sentences. A refused refresh has one answer for every reason, so
/// without a reason this must not pretend to know more.
#[must_use]
pub const fn why_this_ended(reason: Option<RevocationReason>) -> &'static str {
    match reason {
        Some(RevocationReason::Logout) => "This session was logged out.",
        Some(RevocationReason::Replay) => {
            "You were logged out: the refresh token of this session was used a second time, and not by a retry of the \
             first use. A copy of it may be in other hands. Log in again, and check your security activity."
        }
        Some(RevocationReason::User) => {
            "You were logged out from another of your sessions. Log in again to continue."
        }
        Some(RevocationReason::PasswordChange) => {
            "The password was changed in another session, which logs out all but that one. Log in with the new password."
        }
        Some(RevocationReason::Suspicion) => {
            "You were logged out: this session was used on another device or network than before, and this server \
             does not allow that. Log in again to continue."
        }
        Some(RevocationReason::Administrator) => {
            "An administrator logged you out. Log in again to continue."
        }
        Some(RevocationReason::Disabled) => "An administrator disabled this account.",
        Some(RevocationReason::Deleted) => {
            "Your account was deleted, and all that was stored with it."
        }
        Some(RevocationReason::Login) => {
            "This session was replaced by a login in the same browser. Log in again to continue."
        }
        Some(RevocationReason::TooMany) => {
            "You were logged out: your account had more sessions than it may have, and this one was the least \
             recently active. Log in again to continue."
        }
        _ => {
            "Your session is over: it has expired, was logged out, or is no longer this browser's. The server does not \
             say which. Log in again to continue; your security activity shows more."
        }
    }
}

/// Whether the user revoked the session on purpose.
#[must_use]
pub const fn was_wanted(reason: Option<RevocationReason>) -> bool {
    matches!(reason, Some(RevocationReason::Logout | RevocationReason::Deleted))
}

/// The kind of device; `None` if it is not known.
#[must_use]
pub const fn kind_of_device(device: &Device) -> Option<&'static str> {
    match device.kind {
        DeviceKind::Desktop => Some("Computer"),
        DeviceKind::Mobile => Some("Phone or tablet"),
        DeviceKind::Appliance => Some("Console or television"),
        DeviceKind::Program => Some("Program"),
        _ => None,
    }
}

/// A device at the beginning of a line.
#[must_use]
pub fn titled(device: &Device) -> String {
    let text = device.to_string();
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + characters.as_str()
    })
}
