//! Sessions that a login supersedes: the browser's previous one, and the least recently used of an account with too
//! many.

use shared::{EventKind, RevocationReason};

use super::refresh::Sessions;
use crate::auth::error::AuthError;
use crate::auth::request_context::SignInContext;
use crate::store::{Event, SESSIONS_KEPT, Session, Superseded};

/// The superseded sessions, with an event for each.
#[derive(Default)]
pub(in crate::auth) struct GivingWay {
    pub(in crate::auth) sessions: Vec<Superseded>,
    pub(in crate::auth) events: Vec<Event>,
}

impl Sessions {
    /// The sessions of the refresh tokens presented with a login, of any user, which it revokes (ASVS 5.0.0 V7.2.4):
    /// the new cookie replaces theirs, so they could not be revoked here any more. Other sessions of their users
    /// stay. A token that is not genuine revokes no session.
    ///
    /// # Errors
    /// If storage fails.
    pub(in crate::auth) async fn replaced_by_login(
        &self,
        context: &SignInContext,
    ) -> Result<GivingWay, AuthError> {
        let mut giving_way = GivingWay::default();
        for presented in &context.refresh_tokens {
            let found = self.load(presented).await?;
            if let Some(found) = found.filter(|found| self.stands(&found.session)) {
                self.give_way(&mut giving_way, &found.session, RevocationReason::Login, context);
            }
        }
        Ok(giving_way)
    }

    /// Adds those of a user's sessions, newest first, that exceed the bound together with a new one. A change to all
    /// sessions of an account is one write; this bounds it.
    pub(in crate::auth) fn too_many(
        &self,
        mut giving_way: GivingWay,
        sessions: &[Session],
        context: &SignInContext,
    ) -> GivingWay {
        for session in sessions.iter().skip(SESSIONS_KEPT as usize - 1) {
            if giving_way.sessions.iter().all(|Superseded(id, _)| *id != session.id) {
                self.give_way(&mut giving_way, session, RevocationReason::TooMany, context);
            }
        }
        giving_way
    }

    fn give_way(
        &self,
        giving_way: &mut GivingWay,
        session: &Session,
        cause: RevocationReason,
        context: &SignInContext,
    ) {
        let event =
            self.event_log.event(EventKind::SessionEnded, Some(session.user), &context.client);
        giving_way.events.push(event.in_session(session.id).because(cause));
        giving_way.sessions.push(Superseded(session.id, self.event_log.revocation(cause)));
    }
}
