//! Stored records as the domain sees them. Rows become these in [`row`](super::row).

use std::net::IpAddr;

use rotation::{Family, Generation, Seed, Standing};
use shared::{Device, EventId, EventKind, NumericDate, RevocationReason, SessionId, UserId};

use crate::auth::account::email::Email;
use crate::lifetimes::Lifetime;

/// A user as stored.
#[derive(Clone)]
pub struct User {
    /// `sub` in access tokens.
    pub id: UserId,
    /// The name to log in with; unique.
    pub email: Email,
    /// The user's name.
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
    /// The user.
    pub user: UserId,
    /// Part of the key its tickets are made with.
    pub seed: Seed,
    /// The server's refresh key that its tickets are made with.
    pub refresh_key_id: String,
    /// The state of its rotation: what has been accepted, and when; whether it is revoked, and why.
    pub family: Family<RevocationReason>,
    /// When the user last authenticated: `auth_time` in access tokens.
    pub authenticated_at: NumericDate,
    /// Since when a step-up is required before its next refresh, if one is.
    pub step_up_required_at: Option<NumericDate>,
    /// Where it was last seen.
    pub client: ClientInfo,
    /// The native client that has begun it; `None`: the site's own client, in a browser.
    pub client_id: Option<String>,
}

/// Where a request comes from, as far as that can be known: its network address, and the device that it claims to
/// be. A signal, never an identity: people move, and headers can be forged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientInfo {
    /// The network address.
    pub address: Option<IpAddr>,
    /// The device.
    pub device: Device,
}

impl ClientInfo {
    /// Not known: the program itself acted, not a request.
    #[must_use]
    pub fn unknown() -> Self {
        Self { address: None, device: Device::unknown() }
    }
}

/// An accepted rotation: what the conditional write stores in the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The generation that was read, and must still be stored.
    pub seen: Generation,
    /// The new state of the family.
    pub family: Family<RevocationReason>,
    /// Where the request for it came from.
    pub client: ClientInfo,
}

/// The versions of a session's row and of its user's: each change of a row gives it another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowVersion {
    /// Of the session.
    pub session: i64,
    /// Of the user.
    pub user: i64,
}

/// A session and its user, as of a version.
#[derive(Clone)]
pub struct Remembered {
    /// The session.
    pub session: Session,
    /// Its user.
    pub user: User,
    /// The version of both.
    pub version: RowVersion,
}

/// A security event, for the audit: recorded once and never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its id; ids sort by time.
    pub id: EventId,
    /// What happened.
    pub kind: EventKind,
    /// When.
    pub at: NumericDate,
    /// The account it is about; `None` if there is no such account.
    pub user: Option<UserId>,
    /// The session, if it happened in one.
    pub session: Option<SessionId>,
    /// The reason, if it is a revocation.
    pub reason: Option<RevocationReason>,
    /// Where the request came from.
    pub client: ClientInfo,
}

/// The most live sessions of an account in browsers, and as many in its native clients together; the least recently
/// used one is revoked. People have a few, and a program that logs in for each call loses its first ones.
pub const SESSIONS_KEPT: u32 = 200;
/// The most of them in one native client.
pub const CLIENT_SESSIONS_KEPT: u32 = 20;
/// The most events of each kind that an account keeps; older ones are pruned, a few dozen late.
pub const EVENTS_KEPT: u32 = 1_000;

/// The most idempotency keys that an account keeps; older ones are pruned, a few dozen late.
pub const USED_KEYS_KEPT: u32 = 500;

impl UsedKey {
    /// How long a key is remembered. Browsers retry a request within seconds, and users within the hour; the draft
    /// leaves the time to the server.
    pub const RETENTION_SECONDS: i64 = 86_400;
}

impl Event {
    /// Whether older events are pruned when this one is stored: one in 32 does it for all, drawn by its id.
    pub(super) fn makes_room(&self) -> bool {
        let [.., last] = *self.id.as_bytes();
        last.is_multiple_of(32)
    }
}

/// The beginning of the id of a revocation's event: the instant, as in a UUID of version 7 (RFC 9562 section 5.7).
/// The rest is the session's, so that one revocation is one event, however often it is recorded, and the event
/// needs no randomness of its own.
pub(super) fn event_prefix(at: NumericDate) -> [u8; 6] {
    let milliseconds = u64::try_from(at.0).unwrap_or(0).saturating_mul(1_000);
    let [_, _, prefix @ ..] = milliseconds.to_be_bytes();
    prefix
}

/// A query for events of a user, newest first.
#[derive(Debug, Clone)]
pub struct EventQuery {
    /// The user.
    pub user: UserId,
    /// Only those before this one.
    pub before: Option<EventId>,
    /// Only those of these kinds; all if there are none.
    pub kinds: Vec<EventKind>,
    /// At most so many.
    pub limit: u32,
}

/// What wrong passwords are counted by: a hash of the email address, whether or not there is such an account; or of
/// a known device, or of a session. It is made in `auth::tag`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountTag(pub [u8; 32]);

/// Wrong passwords in a row, with those that are under verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failures {
    /// How many since the last right one.
    pub count: u32,
    /// When the last one was counted.
    pub last_at: NumericDate,
}

/// A key of the ring. Its private part is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// Its `kid`.
    pub kid: String,
    /// Its purpose.
    pub purpose: KeyPurpose,
    /// The `kid` of the key it follows; empty if it is the first.
    pub predecessor: String,
    /// The sealed private part.
    pub sealed: Vec<u8>,
    /// When it was published.
    pub published_at: NumericDate,
    /// When it is used first.
    pub signs_from: NumericDate,
    /// When it was revoked, if it was.
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

/// A lifetime under which an instance issues tokens, or has issued some that are still valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldLifetime {
    /// The setting.
    pub setting: Lifetime,
    /// The lifetime.
    pub seconds: i64,
    /// Until when it is held.
    pub held_until: NumericDate,
}

/// A service that may introspect tokens of its audience, and revoke them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its id: `client_id`.
    pub id: String,
    /// The audience that it answers to.
    pub audience: String,
    /// SHA-256 of its secret.
    pub secret_hash: [u8; 32],
    /// When it was added.
    pub created_at: NumericDate,
}

/// A public client (RFC 6749 section 2.1) that logs users in without cookies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NativeClient {
    /// `client_id`.
    pub id: String,
    /// Its name, for users.
    pub name: Option<String>,
    /// When it was added.
    pub created_at: NumericDate,
}

/// An idempotency key, with the change that it was used for (draft-ietf-httpapi-idempotency-key-header). Only
/// hashes of the key and of the request are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsedKey {
    /// SHA-256 of the key.
    pub key_hash: [u8; 32],
    /// SHA-256 of the key and the request.
    pub request_hash: [u8; 32],
    /// The account that was changed, or added.
    pub user: UserId,
    /// The session that was begun, or in which the change was made.
    pub session: Option<SessionId>,
    /// When.
    pub at: NumericDate,
    /// Whether older keys of the account are pruned when this one is stored: one in 32 does it for all. The server
    /// draws it, because the caller chooses the key. It is not stored.
    pub makes_room: bool,
}

/// A session that was revoked recently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevokedSession {
    /// The session.
    pub session: SessionId,
    /// The reason.
    pub reason: RevocationReason,
    /// When.
    pub at: NumericDate,
}

impl Session {
    /// Whether it is not revoked. It may have expired.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.family.is_live()
    }

    /// The reason of its revocation, if it is revoked.
    #[must_use]
    pub const fn revocation_reason(&self) -> Option<RevocationReason> {
        match self.family.standing {
            Standing::Live => None,
            Standing::Revoked(reason) => Some(reason),
        }
    }
}
