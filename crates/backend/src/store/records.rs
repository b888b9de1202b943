//! What is stored, as the domain sees it. It must not know how; rows become these in
//! [`row`](super::row).

use std::net::IpAddr;

use rotation::{Family, Generation, Seed, Standing};
use shared::{Device, EventId, EventKind, NumericDate, RevocationReason, SessionId, UserId};

use crate::auth::email::Email;
use crate::lifetimes::Lifetime;

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
    /// Since when the password is wanted before it goes on; it is not, if there is none.
    pub step_up_required_at: Option<NumericDate>,
    /// From where it was last seen.
    pub client: ClientInfo,
    /// Why it ended, if it has.
    pub ended_because: Option<RevocationReason>,
}

/// From where a call comes, as far as that can be known: where it was heard, and what it says it is.
/// A signal, never an identity: people move, and anybody can say anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientInfo {
    /// The network address.
    pub address: Option<IpAddr>,
    /// The device.
    pub device: Device,
}

impl ClientInfo {
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
    pub client: ClientInfo,
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
    pub cause: Option<RevocationReason>,
    /// From where.
    pub client: ClientInfo,
}

/// How many live sessions an account keeps; the one that was used least lately gives way. People have a few, and a
/// program that logs in for each call finds its first ones gone.
pub const SESSIONS_KEPT: u32 = 200;
/// How many events of each kind an account keeps; older ones give way, a few dozen late.
pub const EVENTS_KEPT: u32 = 1_000;

/// How many idempotency keys an account keeps; older ones give way, a few dozen late.
pub const USED_KEYS_KEPT: u32 = 500;

impl UsedKey {
    /// How long a key is remembered. Browsers repeat a request within seconds, and users within the hour; the draft
    /// leaves the time to the server.
    pub const RETENTION_SECONDS: i64 = 86_400;
}

impl Event {
    /// Whether older events give way when this one is stored: one in 32 does it for all, drawn by its id.
    pub(super) fn makes_room(&self) -> bool {
        let [.., last] = *self.id.as_bytes();
        last.is_multiple_of(32)
    }
}

/// How the id of the event begins that records a session's end: with the instant, as a UUID of version 7 does (RFC
/// 9562 section 5.7). It goes on as the session's id does, so that one end is one event, however often it is
/// recorded, and the event needs no randomness of its own.
pub(super) fn event_prefix(at: NumericDate) -> [u8; 6] {
    let milliseconds = u64::try_from(at.0).unwrap_or(0).saturating_mul(1_000);
    let [_, _, prefix @ ..] = milliseconds.to_be_bytes();
    prefix
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

/// What wrong passwords are counted by: a hash of the email address, whether or not there is such an
/// account; or of a known device, or of a session. It is made in `auth::tag`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountTag(pub [u8; 32]);

/// Passwords that were wrong in a row; those that are being looked at among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failures {
    /// How many since the last that was right.
    pub count: u32,
    /// When the last one did.
    pub last_at: NumericDate,
}

/// A key of the ring. Its private part is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// Its id.
    pub kid: String,
    /// What it is for.
    pub purpose: KeyPurpose,
    /// The id of the key it follows; empty if it is the first.
    pub predecessor: String,
    /// The private part, as it may be stored.
    pub sealed: Vec<u8>,
    /// Since when others can know it.
    pub published_at: NumericDate,
    /// From when on it is to be used.
    pub signs_from: NumericDate,
    /// Since when it counts no more, because somebody said so.
    pub revoked_at: Option<NumericDate>,
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPurpose {
    /// Signs access tokens.
    Access,
    /// Authenticates refresh tokens.
    Refresh,
}

impl KeyPurpose {
    /// The name as stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
        }
    }
}

/// A lifetime under which an instance issues, or has issued what may still be out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldLifetime {
    /// Of what.
    pub setting: Lifetime,
    /// How long.
    pub seconds: i64,
    /// Until when it counts.
    pub held_until: NumericDate,
}

/// A service that may ask what a token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its id: `client_id`.
    pub id: String,
    /// Which audience it answers to.
    pub audience: String,
    /// SHA-256 of its secret.
    pub secret_hash: [u8; 32],
    /// When it was added.
    pub created_at: NumericDate,
}

/// An idempotency key, with the change that it was used for (draft-ietf-httpapi-idempotency-key-header). No key and no
/// request is stored, only hashes of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsedKey {
    /// SHA-256 of the key.
    pub key_hash: [u8; 32],
    /// SHA-256 of the key and the request.
    pub request_hash: [u8; 32],
    /// Whose account was changed, or made.
    pub user: UserId,
    /// The session that was begun, or in which the change was made.
    pub session: Option<SessionId>,
    /// When.
    pub at: NumericDate,
    /// Whether older keys of the account give way when this one is stored: one in 32 does it for all. The server draws it,
    /// because the caller chooses the key. It is not stored.
    pub makes_room: bool,
}

/// A session that has ended lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevokedSession {
    /// Which.
    pub session: SessionId,
    /// Why.
    pub cause: RevocationReason,
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
