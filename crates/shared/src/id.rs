//! Ids of users, sessions, events and notes. They are no credentials: a session id may be shown and logged.
//! Generating one needs a clock and randomness, and so is the server's part.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// From its 16 bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// Its 16 bytes, in network order.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text).map(Self)
            }
        }
    };
}

id! {
    /// A user: `sub` in access tokens. UUID version 7 (RFC 9562 section 5.7).
    UserId
}
id! {
    /// A session, and its family of refresh tokens: `sid` in access tokens. UUID version 7.
    SessionId
}

id! {
    /// A security event. UUID version 7, so that events sort by their ids.
    EventId
}
id! {
    /// A note. UUID version 7, so that notes sort by their ids.
    NoteId
}
