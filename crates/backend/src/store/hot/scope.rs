//! Which rows a change may touch, or read beyond its own guards.

use shared::{SessionId, UserId};

use crate::store::change::{Change, Part, SessionScope, Superseded};
use crate::store::prunable::Prunable;
use crate::store::records::Session;

/// The sessions whose rows, or whose user's row, a change may touch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Scope {
    /// These.
    Sessions(Vec<SessionId>),
    /// All of this user's.
    User(UserId),
    /// Those after one id, and up to another.
    Range([u8; 16], [u8; 16]),
}

impl Scope {
    /// Every session.
    pub(super) const ALL: Self = Self::Range([0; 16], [0xff; 16]);

    /// `None`: it touches no row that was stored before. Exhaustive, so that a new change has to be thought about.
    pub(super) fn of(change: &Change) -> Option<Self> {
        match change {
            Change::Register(_, _, superseded) | Change::OpenSession { superseded, .. } => {
                let sessions: Vec<SessionId> =
                    superseded.iter().map(|Superseded(session, _)| *session).collect();
                (!sessions.is_empty()).then_some(Self::Sessions(sessions))
            }
            Change::Accept(session, _)
            | Change::RevokeSession(session, _)
            | Change::RequireStepUp(session, _)
            | Change::Confirm { session, .. } => Some(Self::Sessions(vec![*session])),
            Change::AcceptAll(accepted) => {
                Some(Self::Sessions(accepted.iter().map(|(session, _)| *session).collect()))
            }
            Change::RevokeSessions(SessionScope::Part(Part { after, up_to, .. }), _) => {
                Some(Self::Range(*after.as_bytes(), *up_to.as_bytes()))
            }
            Change::RevokeSessions(
                SessionScope::User(user) | SessionScope::OthersOf(user, _),
                _,
            )
            | Change::Rehash { user, .. }
            | Change::Respell { user, .. }
            | Change::Rename { user, .. }
            | Change::Disable(user, _)
            | Change::Enable(user)
            | Change::Erase(user, _) => Some(Self::User(*user)),
            Change::ChangePassword(change) => Some(Self::User(change.user)),
            Change::Prune(Prunable::Sessions(_), range) => {
                Some(Self::Range(range.after, range.through))
            }
            Change::Keyed(_, change) => Self::of(change),
            // Erased accounts that have no session left.
            Change::PruneErased(_)
            | Change::AddUser(_)
            | Change::CountFailure { .. }
            | Change::ForgetFailures(_)
            | Change::Prune(..)
            | Change::AddKey(_)
            | Change::RevokeKey { .. }
            | Change::ActivateKeyEarly(..)
            | Change::RemoveKey(_)
            | Change::HoldLifetimes { .. }
            | Change::AddService(_)
            | Change::RemoveService(_)
            | Change::AddClient(_)
            | Change::RemoveClient(_)
            | Change::Record => None,
        }
    }

    /// Whether this session is one of them.
    pub(super) fn covers(&self, session: &Session) -> bool {
        match self {
            Self::Sessions(sessions) => sessions.contains(&session.id),
            Self::User(user) => session.user == *user,
            Self::Range(after, up_to) => {
                let id = session.id.as_bytes();
                after < id && id <= up_to
            }
        }
    }
}
