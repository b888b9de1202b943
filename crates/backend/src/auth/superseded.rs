//! Sessions that give way to a new one at login: the one that the same browser had, and the least lately used of an
//! account that has too many. It must not begin a session.

use shared::{EventKind, RevocationReason};

use super::sessions::Sessions;
use super::{AuthError, SignInContext};
use crate::store::{Event, SESSIONS_KEPT, Session, Superseded};

/// What gives way, and an event for each.
#[derive(Default)]
pub(super) struct GivingWay {
    pub(super) sessions: Vec<Superseded>,
    pub(super) events: Vec<Event>,
}

impl Sessions {
    /// The session of the refresh token that came along with a login, whoever's it is (ASVS 5.0.0 V7.2.4): the new
    /// cookie takes the place of its cookie, so that its user could not end it here any more. No other session of
    /// its user ends. A token that is not genuine ends nothing.
    ///
    /// # Errors
    /// If storage fails.
    pub(super) async fn replaced_by_login(
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

    /// Of the sessions that a user has, newest first, those that are too many beside another one. What acts on all
    /// sessions of an account is one write; this is its bound.
    pub(super) fn too_many(
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
