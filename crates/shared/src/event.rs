//! What can happen around an account, and why a session can end: names, for programs. Words for
//! people are the client's. A name, once published, keeps its meaning.

use serde::{Deserialize, Serialize};

macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$of])* #[serde(rename = $text)] $variant,)*
            /// One this client was built too early to know.
            #[serde(other, rename = "unknown")]
            Unknown,
        }

        impl $name {
            /// All of them that have a name.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name as stored, logged and sent.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Unknown => "unknown",
                }
            }

            /// The one with this name.
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
    /// A security event.
    EventKind {
        /// The account was created, and its first session begun.
        Registered = "registered",
        /// Somebody with the password began a session.
        LoggedIn = "logged_in",
        /// Somebody without the password tried to.
        LoginFailed = "login_failed",
        /// A refresh token was exchanged for the next one.
        Refreshed = "refreshed",
        /// The same, after the database had lost its latest writes.
        Recovered = "recovered",
        /// A client that had lost the answer asked again and got it.
        AnsweredAgain = "answered_again",
        /// A late copy of an answered refresh; nothing was issued.
        Duplicate = "duplicate",
        /// A refresh token was presented by two parties. The session was ended.
        Replayed = "replayed",
        /// The user logged out.
        LoggedOut = "logged_out",
        /// A session was ended from outside; the cause says by whom or what.
        SessionEnded = "session_ended",
        /// The user ended all sessions but the one they were in.
        OthersEnded = "others_ended",
        /// The user proved again who they are.
        Confirmed = "confirmed",
        /// Somebody with a session, but without the password, tried to.
        ConfirmFailed = "confirm_failed",
        /// The password was changed, and all other sessions ended.
        PasswordChanged = "password_changed",
        /// The name was changed.
        NameChanged = "name_changed",
        /// Too many calls; some were refused.
        Limited = "limited",
        /// A login on a device where this account had not been logged in to.
        NewDevice = "new_device",
        /// A login from a network where this account had not been logged in from lately.
        NewNetwork = "new_network",
        /// A session went on from another network.
        NetworkChanged = "network_changed",
        /// A session wanted to go on on another kind of device.
        DeviceChanged = "device_changed",
        /// A session went on with the desktop version of the site, or with the mobile one again.
        DesktopSite = "desktop_site",
        /// A session went on elsewhere sooner than anybody travels.
        ImpossibleGap = "impossible_gap",
        /// An administrator disabled the account.
        Disabled = "disabled",
        /// An administrator enabled the account.
        Enabled = "enabled",
    }
}

names! {
    /// Why a session ended. Recorded once, never changed.
    RevocationReason {
        /// The user logged out.
        Logout = "logout",
        /// A refresh token was presented twice by two parties.
        Replay = "replay",
        /// The user ended it from another session.
        User = "user",
        /// The user changed the password in another session.
        PasswordChange = "password_change",
        /// It behaved so suspiciously that policy ended it.
        Suspicion = "suspicion",
        /// An administrator ended it.
        Administrator = "administrator",
        /// An administrator disabled the account.
        Disabled = "disabled",
        /// The account was deleted.
        Deleted = "deleted",
        /// Its browser logged in again, as the same user or another.
        Login = "login",
        /// Its user had more sessions than an account may have, and it was the one that was used least lately.
        TooMany = "too_many",
    }
}
