//! What is stored, as the domain sees it. It must not know how; rows become these in
//! [`row`](super::row).

use std::net::IpAddr;

use rotation::{Family, Generation, Seed, Standing};
use sha2::{Digest as _, Sha256};
use shared::{Device, EndCause, EventId, EventKind, NumericDate, SessionId, UserId};

use crate::auth::email::Email;

/// A user as stored.
#[derive(Clone)]
pub struct User {
    /// `sub` in access tokens.
    pub id: UserId,
    /// The name to log in with; unique.
    pub email: Email,
    /// What to call them.
    pub name: Option<String>,
    /// Argon2id in PHC form.
    pub password_hash: String,
    /// When they registered.
    pub created_at: NumericDate,
    /// Since when they may not log in.
    pub disabled_at: Option<NumericDate>,
}

/// A session as stored: one row, which is also its family's state.
#[derive(Clone)]
pub struct Session {
    /// `sid` in access tokens.
    pub id: SessionId,
    /// Whose session it is.
    pub user: UserId,
    /// Part of the key its tickets are made with.
    pub seed: Seed,
    /// Which of the server's refresh keys its tickets are made with.
    pub refresh_key_id: String,
    /// What has been accepted, and when.
    pub family: Family,
    /// When the user last proved who they are: `auth_time` in access tokens.
    pub authenticated_at: NumericDate,
    /// From where it was last seen.
    pub whence: Whence,
    /// Why it ended, if it has.
    pub ended_because: Option<EndCause>,
}

/// From where a call comes, as far as that can be known: where it was heard, and what it says it is.
/// A signal, never an identity: people move, and anybody can say anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whence {
    /// The network address.
    pub address: Option<IpAddr>,
    /// The device.
    pub device: Device,
}

impl Whence {
    /// Nothing is known: the program itself acted, not a call.
    #[must_use]
    pub fn unknown() -> Self {
        Self { address: None, device: Device::unknown() }
    }
}

/// An accepted rotation: what the conditional write puts into the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The generation that was read, and must still stand there.
    pub seen: Generation,
    /// The family as it shall be.
    pub family: Family,
    /// From where it was asked for.
    pub whence: Whence,
}

/// A security event: something that happened, told once and never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its id; ids sort by time.
    pub id: EventId,
    /// What happened.
    pub kind: EventKind,
    /// When.
    pub at: NumericDate,
    /// Whose account it is about; `None` if there is no such account.
    pub user: Option<UserId>,
    /// In which session, if in one.
    pub session: Option<SessionId>,
    /// Why a session ended, if one did.
    pub cause: Option<EndCause>,
    /// From where.
    pub whence: Whence,
}

/// Which events of a user's to find, newest first.
#[derive(Debug, Clone)]
pub struct EventQuery {
    /// Whose.
    pub user: UserId,
    /// Only those before this one.
    pub before: Option<EventId>,
    /// Only those of these kinds; all if there are none.
    pub kinds: Vec<EventKind>,
    /// At most so many.
    pub limit: u32,
}

/// What logins are counted by: a hash of the email address, whether or not there is such an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AccountTag(pub [u8; 32]);

/// Nothing else is hashed behind these words.
const TAG_LABEL: &str = "baton account tag v1";

impl AccountTag {
    /// The tag of an email address.
    #[must_use]
    pub fn of(email: &Email) -> Self {
        let hash = Sha256::new().chain_update(TAG_LABEL).chain_update(email.as_str());
        Self(hash.finalize().into())
    }
}

/// Logins that failed in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failures {
    /// How many since the last that succeeded.
    pub count: u32,
    /// When the last one did.
    pub last_at: NumericDate,
}

/// A session that has ended lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Which.
    pub session: SessionId,
    /// Why.
    pub cause: EndCause,
    /// When.
    pub at: NumericDate,
}

impl Session {
    /// Whether it was not ended. It may have expired.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.family.standing == Standing::Live
    }
}
