//! Sessions that a login supersedes: the browser's previous one, and the least recently used of an account with too
//! many.

use rotation::UnverifiedTicket;
use shared::{EventKind, RevocationReason};

use super::tickets::Tickets;
use crate::auth::error::AuthError;
use crate::auth::request_context::SignInContext;
use crate::auth::security_event_log::SecurityEventLog;
use crate::store::{CLIENT_SESSIONS_KEPT, Event, SESSIONS_KEPT, Session, Superseded};

/// The superseded sessions, with an event for each.
#[derive(Default)]
pub(in crate::auth) struct GivingWay {
    pub(in crate::auth) sessions: Vec<Superseded>,
    pub(in crate::auth) events: Vec<Event>,
    /// Whether a refresh token was of no session of this server.
    pub(in crate::auth) is_anothers: bool,
}

impl GivingWay {
    /// The sessions of the refresh tokens presented with a login, of any user, which it revokes (ASVS 5.0.0 V7.2.4):
    /// the new cookie replaces theirs, so they could not be revoked here any more. Other sessions of their users
    /// stay. A token that is not genuine revokes no session.
    ///
    /// # Errors
    /// If storage fails.
    pub(in crate::auth) async fn replaced_by_login(
        tickets: &Tickets,
        event_log: &SecurityEventLog,
        context: &SignInContext,
    ) -> Result<Self, AuthError> {
        let mut giving_way = Self::default();
        for presented in &context.refresh_tokens {
            match tickets.find(presented).await? {
                Some(found) if tickets.stands(&found.session) => {
                    giving_way.add(&found.session, RevocationReason::Login, event_log, context);
                }
                Some(_) => {}
                None => {
                    giving_way.is_anothers |= UnverifiedTicket::parse(presented.expose()).is_some();
                }
            }
        }
        Ok(giving_way)
    }

    /// Adds those of a user's sessions, the one seen last first, that exceed the bounds together with a new one. A
    /// change to all sessions of an account is one write; this bounds it. A session of a native client supersedes
    /// no browser's, nor a browser's one of these: a script that logs in again and again signs no person out.
    pub(in crate::auth) fn add_too_many(
        &mut self,
        begun: &Session,
        sessions: &[Session],
        event_log: &SecurityEventLog,
        context: &SignInContext,
    ) {
        let is_native = begun.client_id.is_some();
        let most_of_client = if is_native { CLIENT_SESSIONS_KEPT } else { SESSIONS_KEPT };
        let (mut kept, mut kept_of_client) = (1, 1);
        for session in sessions.iter().filter(|it| it.client_id.is_some() == is_native) {
            let is_of_client = session.client_id == begun.client_id;
            if kept < SESSIONS_KEPT && !(is_of_client && kept_of_client >= most_of_client) {
                kept += 1;
                kept_of_client += u32::from(is_of_client);
            } else if self.sessions.iter().all(|Superseded(id, _)| *id != session.id) {
                self.add(session, RevocationReason::TooMany, event_log, context);
            }
        }
    }

    fn add(
        &mut self,
        session: &Session,
        reason: RevocationReason,
        event_log: &SecurityEventLog,
        context: &SignInContext,
    ) {
        let event =
            event_log.event(EventKind::SessionEnded, Some(session.user), &context.request.client);
        self.events.push(event.in_session(session.id).because(reason));
        self.sessions.push(Superseded(session.id, event_log.revocation(reason)));
    }
}
