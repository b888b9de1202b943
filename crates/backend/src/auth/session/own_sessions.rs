//! A user's own sessions: lists them, and revokes one or all others (`http/sessions.rs`).

use std::sync::Arc;

use shared::{EventKind, RevocationReason, SessionId};

use super::callers::{Authenticated, Callers};
use crate::auth::caller::Caller;
use crate::auth::error::AuthError;
use crate::auth::idempotency::IdempotencyKeys;
use crate::auth::request_context::RequestContext;
use crate::auth::security_event_log::SecurityEventLog;
use crate::store::{Change, Event, Session, SessionScope};

/// A user's own sessions.
pub struct OwnSessions {
    /// Stores revocations, and logs them.
    pub event_log: SecurityEventLog,
    /// Stores idempotency keys with revocations.
    pub idempotency: IdempotencyKeys,
    /// Loads the caller.
    pub callers: Arc<Callers>,
}

impl OwnSessions {
    /// The user's active sessions: the caller's first, then the most recently active.
    ///
    /// # Errors
    /// If the caller's own session is no longer active, or storage fails.
    pub async fn list(&self, caller: &Caller) -> Result<Vec<Session>, AuthError> {
        let Authenticated { user, .. } = self.callers.look_up(caller).await?;
        let mut sessions = self.event_log.store.sessions_of(user.id).await?;
        // By the clock after the rows were read, as in `look_up`: no session is listed beyond its expiry.
        let now = self.event_log.now();
        sessions.retain(|session| now < self.callers.expires_at(session));
        sessions.sort_by_key(|session| session.id != caller.session);
        Ok(sessions)
    }

    /// Revokes one of the user's sessions. A repeated revocation is no error.
    ///
    /// # Errors
    /// [`AuthError::NoSuchSession`] if it is not the user's.
    pub async fn revoke_one(
        &self,
        caller: &Caller,
        id: SessionId,
        context: &RequestContext,
    ) -> Result<(), AuthError> {
        if self.callers.begin_change(caller).await?.is_none() {
            return Ok(());
        }
        let found = self.event_log.store.find_session(id).await?;
        if found.is_none_or(|(session, _)| session.user != caller.user) {
            let Caller { user, session, .. } = caller;
            tracing::warn!(event = "foreign_session_refused", %user, %session, named = %id);
            return Err(AuthError::NoSuchSession);
        }
        let reason =
            if id == caller.session { RevocationReason::Logout } else { RevocationReason::User };
        let revoke = Change::RevokeSession(id, self.event_log.revocation(reason));
        let event = self.revocation_event(id, caller, reason, context);
        self.idempotency.commit_or_note_for(caller, revoke, vec![event]).await?;
        Ok(())
    }

    /// Revokes all of the user's sessions but the caller's.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn revoke_others(
        &self,
        caller: &Caller,
        context: &RequestContext,
    ) -> Result<(), AuthError> {
        if self.callers.begin_change(caller).await?.is_none() {
            return Ok(());
        }
        let event =
            self.event_log.event(EventKind::OthersEnded, Some(caller.user), &context.client);
        let event = event.in_session(caller.session).because(RevocationReason::User);
        let whose = SessionScope::OthersOf(caller.user, caller.session);
        let revoke =
            Change::RevokeSessions(whose, self.event_log.revocation(RevocationReason::User));
        self.idempotency.commit_or_note_for(caller, revoke, vec![event]).await?;
        Ok(())
    }

    fn revocation_event(
        &self,
        id: SessionId,
        caller: &Caller,
        reason: RevocationReason,
        context: &RequestContext,
    ) -> Event {
        let own = id == caller.session;
        let kind = if own { EventKind::LoggedOut } else { EventKind::SessionEnded };
        self.event_log
            .event(kind, Some(caller.user), &context.client)
            .in_session(id)
            .because(reason)
    }
}
