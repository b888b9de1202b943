//! Security events of an account, and the reasons for a session's revocation: names, for programs. Words for people
//! are the client's. A name, once published, keeps its meaning.

use serde::{Deserialize, Serialize};

macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$of])* #[serde(rename = $text)] $variant,)*
            /// A name that is newer than this client.
            #[serde(other, rename = "unknown")]
            Unknown,
        }

        impl $name {
            /// All variants with a name.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name as stored, logged and sent.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Unknown => "unknown",
                }
            }

            /// The variant with this name.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == name)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

names! {
    /// A security event, for the audit log.
    EventKind {
        /// The account was created, with its first session.
        Registered = "registered",
        /// A login with the right password created a session.
        LoggedIn = "logged_in",
        /// A login with a wrong password failed.
        LoginFailed = "login_failed",
        /// A refresh token was rotated. Servers before 0.2 recorded each; since then it is only read, and a session's
        /// `refreshes` count them.
        Refreshed = "refreshed",
        /// A refresh token was rotated after the database had lost its latest writes.
        Recovered = "recovered",
        /// A client that had lost the answer retried and got it.
        AnsweredAgain = "answered_again",
        /// A late copy of an answered refresh; no token was issued.
        Duplicate = "duplicate",
        /// A refresh token was replayed: two parties presented it. The session was revoked.
        Replayed = "replayed",
        /// The user logged out.
        LoggedOut = "logged_out",
        /// A session was revoked from outside; the cause says by whom or why.
        SessionEnded = "session_ended",
        /// The user revoked all other sessions.
        OthersEnded = "others_ended",
        /// Step-up authentication succeeded.
        Confirmed = "confirmed",
        /// Step-up authentication failed: a wrong password in a valid session.
        ConfirmFailed = "confirm_failed",
        /// The password was changed, and all other sessions were revoked.
        PasswordChanged = "password_changed",
        /// The name was changed.
        NameChanged = "name_changed",
        /// A rate limit refused calls.
        Limited = "limited",
        /// A login on a device that is new to this account.
        NewDevice = "new_device",
        /// A login from a network that this account has not used recently.
        NewNetwork = "new_network",
        /// A session continued from another network.
        NetworkChanged = "network_changed",
        /// A session was used from another kind of device.
        DeviceChanged = "device_changed",
        /// A session switched to the desktop version of the site, or back to the mobile one.
        DesktopSite = "desktop_site",
        /// A session continued elsewhere sooner than a person can travel.
        ImpossibleGap = "impossible_gap",
        /// An administrator disabled the account.
        Disabled = "disabled",
        /// An administrator enabled the account.
        Enabled = "enabled",
    }
}

names! {
    /// Why a session was revoked. Recorded once, never changed.
    RevocationReason {
        /// The user logged out.
        Logout = "logout",
        /// A refresh token was replayed: two parties presented it.
        Replay = "replay",
        /// The user revoked it from another session.
        User = "user",
        /// The user changed the password in another session.
        PasswordChange = "password_change",
        /// Policy revoked it for its risk signals.
        Suspicion = "suspicion",
        /// An administrator revoked it.
        Administrator = "administrator",
        /// An administrator disabled the account.
        Disabled = "disabled",
        /// The account was deleted.
        Deleted = "deleted",
        /// Its browser logged in again, as the same user or another.
        Login = "login",
        /// The user had reached the limit of sessions, and it was the least recently used.
        TooMany = "too_many",
    }
}
